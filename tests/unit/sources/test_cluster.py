"""Reading a cluster asks for what is wanted and allowed, once, in pages, and says what it could not see."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from getmesh.errors import ClusterError, InputError
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.snapshot import Snapshot
from getmesh.ports.kube import KubeClient
from getmesh.ports.kube_access import open_access
from getmesh.sources.cluster import ClusterReading, Wish, read_cluster
from getmesh.sources.snapshot_file import decode, encode
from tests.fakes.kube_api import Answer, KubeApi, Request, serving, status

Reader = Callable[..., ClusterReading]
TRAFFIC = frozenset({"VirtualService", "Service"})
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"


def obj(api: str, kind: str, name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    """Give an object; ``meta`` goes into its metadata."""
    meta = {"name": name, **fields.pop("meta", {}), **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **fields}


def b64(text: str) -> str:
    """Give a Secret's value."""
    return b64encode(text.encode()).decode()


def world() -> list[dict[str, Any]]:
    """Give two namespaces, a control plane with a revision, a gateway with a Secret, and Secrets nobody may see."""
    labels = {"app": "istiod", "istio.io/rev": "blue"}
    container = {
        "name": "discovery",
        "image": "docker.io/istio/pilot:1.29.1",
        "env": [{"name": "PILOT_ENABLE_AMBIENT", "value": "true"}, {"name": "DB_PASSWORD", "value": "hunter2"}],
    }
    pod = {
        "containers": [
            {"name": "app", "image": "a:1", "args": ["--token=hunter2"], "env": [{"name": "A", "value": "hunter2"}]}
        ]
    }
    server = {"port": {"number": 443}, "tls": {"credentialName": "web"}}
    helm = {"port": {"number": 444}, "tls": {"credentialName": "sh.helm.release.v1.x"}}
    return [
        obj("v1", "Namespace", "shop"),
        obj("v1", "Namespace", "pay"),
        obj("v1", "Namespace", "istio-system"),
        *(obj("v1", "Service", f"s{n}", "shop", spec={"ports": [{"port": n + 1}]}) for n in range(1203)),
        obj("v1", "Service", "bank", "pay", spec={}),
        obj(
            "networking.istio.io/v1", "VirtualService", "cart", "shop", spec={"hosts": ["cart"]},
            meta={"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2", "kept": "yes"}},
        ),
        obj(
            "networking.istio.io/v1", "Gateway", "edge", "shop",
            spec={"selector": {"a": "b"}, "servers": [server, helm]},
        ),
        obj("v1", "Pod", "edge-1", "shop", spec=pod, meta={"labels": {"a": "b"}}),
        obj(
            "apps/v1", "Deployment", "istiod-blue", "istio-system", meta={"labels": labels},
            spec={"template": {"spec": {"containers": [container]}}},
        ),
        obj(
            "v1", "ConfigMap", "istio-blue", "istio-system",
            data={"mesh": "rootNamespace: root\naccessToken: hunter2\n"},
        ),
        obj("v1", "ConfigMap", "istio-ca-root-cert", "shop", data={"root-cert.pem": PEM}),
        obj("v1", "ConfigMap", "private", "shop", data={"password": "hunter2"}),
        obj("v1", "Secret", "web", "shop", type="kubernetes.io/tls", data={"tls.crt": b64(PEM), "tls.key": b64(KEY)}),
        obj("v1", "Secret", "private", "shop", data={"password": b64("hunter2")}),
        obj("v1", "Secret", "sh.helm.release.v1.x", "shop", data={"release": b64("hunter2")}),
        obj(
            "v1", "Secret", "istio-remote-secret-west", "istio-system", data={"west": b64("kubeconfig hunter2")},
            meta={"labels": {"istio/multiCluster": "true"}, "annotations": {"networking.istio.io/cluster": "west"}},
        ),
        obj(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", "tcproutes.gateway.networking.k8s.io",
            spec={"big": 1},
        ),
    ]  # fmt: skip


@pytest.fixture
def api() -> KubeApi:
    """Give the API that holds the world."""
    return KubeApi(world())


@pytest.fixture
def reader(api: KubeApi, tmp_path: Path) -> Iterator[Reader]:
    """Read the served world."""
    with serving(api, tmp_path / "config"):

        def read(*kinds: str, **wish: Any) -> ClusterReading:
            client = KubeClient(open_access(str(tmp_path / "config"), None))
            return read_cluster(client, Wish(frozenset(kinds), **wish) if kinds else Wish(**wish))

        yield read


def names(reading: ClusterReading, key: str) -> list[str]:
    """Give the full names of the objects of a kind."""
    return [obj.full_name for obj in reading.objects if obj.key == key]


def test_only_the_wanted_kinds_are_asked_for_and_requests_are_pages_and_a_constant(
    api: KubeApi, reader: Reader
) -> None:
    reading = reader(*TRAFFIC)
    assert len(names(reading, "Service")) == 1204
    assert sorted(set(api.paths())) == [
        "/api/v1/namespaces",
        "/api/v1/services",
        "/apis",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/apis/networking.istio.io/v1/virtualservices",
        "/version",
    ]
    assert len(api.paths("/services")) == 3
    assert len(api.asked) == 8
    assert {request.query["limit"] for request in api.asked if request.query} == {"500"}


def test_what_is_read_is_what_the_cluster_holds_without_what_nobody_reads(reader: Reader) -> None:
    reading = reader(*TRAFFIC)
    found = next(obj for obj in reading.objects if obj.key == "VirtualService")
    assert (found.api_version, found.kind, found.full_name) == ("networking.istio.io/v1", "VirtualService", "shop/cart")
    assert found.spec == {"hosts": ["cart"]}
    assert found.annotations == {"kept": "yes"}
    assert "managedFields" not in found.raw["metadata"]
    assert reading.kubernetes_version == (1, 34)


def test_config_maps_and_secrets_are_never_listed_whole(api: KubeApi, reader: Reader) -> None:
    reading = reader()
    for request in api.asked:
        if request.path.endswith(("/configmaps", "/secrets")):
            assert request.query.get("fieldSelector") or request.query.get("labelSelector"), request
            assert "PartialObjectMetadataList" in request.headers["accept"]
    assert names(reading, "ConfigMap") == ["istio-system/istio-blue", "shop/istio-ca-root-cert"]
    assert names(reading, "Secret") == ["shop/web", "istio-system/istio-remote-secret-west"]
    gets = [path for path in api.paths() if "/secrets/" in path]
    assert gets == ["/api/v1/namespaces/shop/secrets/web"]


def test_nothing_secret_is_kept(reader: Reader) -> None:
    reading = reader()
    text = repr([obj.raw for obj in reading.objects])
    for secret in ("hunter2", b64("hunter2"), b64(KEY), "PRIVATE"):
        assert secret not in text
    web = next(obj for obj in reading.objects if obj.full_name == "shop/web")
    assert web.raw["data"]["tls.crt"] == b64(PEM)
    assert web.raw["data"]["tls.key"]
    istiod = next(obj for obj in reading.objects if obj.key == "Deployment")
    assert istiod.spec["template"]["spec"]["containers"][0]["env"] == [
        {"name": "PILOT_ENABLE_AMBIENT", "value": "true"},
        {"name": "DB_PASSWORD"},
    ]


def test_the_mesh_configuration_of_each_revision_is_decoded(reader: Reader) -> None:
    reading = reader("ConfigMap", "Deployment")
    assert Snapshot(reading.objects).service(MeshConfig).revision("blue").text("rootNamespace") == "root"


def test_remote_clusters_are_known_by_name_but_their_credentials_stay_unread(reader: Reader) -> None:
    secret = next(obj for obj in reader().objects if obj.name == "istio-remote-secret-west")
    assert secret.raw["data"] == {"west": ""}


def test_definitions_are_told_from_what_is_served(api: KubeApi, reader: Reader) -> None:
    definition = next(obj for obj in reader("CustomResourceDefinition").objects if obj.key != "Namespace")
    assert definition.spec["names"] == {"kind": "TCPRoute", "plural": "tcproutes"}
    assert {"name": "v1alpha2", "served": True} in definition.spec["versions"]
    assert all("PartialObject" in r.headers["accept"] for r in api.asked if "definitions" in r.path)


def test_a_kind_that_is_not_served_is_neither_asked_for_nor_missed(api: KubeApi, reader: Reader) -> None:
    api.unserved = {"HTTPRoute"}
    reading = reader("HTTPRoute", "Service")
    assert not api.paths("/httproutes")
    assert not reading.unread


def test_an_older_server_that_lists_no_resources_is_read_all_the_same(api: KubeApi, reader: Reader) -> None:
    groups = [{"name": "networking.istio.io", "versions": [{"version": "v1beta1"}]}]
    body = b'{"kind": "APIGroupList", "groups": ' + repr(groups).replace("'", '"').encode() + b"}"
    api.faults.append(lambda request: Answer(200, body) if request.path == "/apis" else None)
    reading = reader(*TRAFFIC)
    assert [obj.api_version for obj in reading.objects if obj.key == "VirtualService"] == [
        "networking.istio.io/v1beta1"
    ]


def expiring(times: int) -> Callable[[Request], Answer | None]:
    """Let the second page of Services expire so many times."""
    left = [times]

    def fault(request: Request) -> Answer | None:
        if request.path.endswith("/services") and request.query.get("continue") and left[0]:
            left[0] -= 1
            return status(410, "the provided continue parameter is too old")
        return None

    return fault


def test_a_list_that_expires_in_the_middle_is_begun_again(api: KubeApi, reader: Reader) -> None:
    api.faults.append(expiring(2))
    assert len(names(reader(*TRAFFIC), "Service")) == 1204
    assert len(api.paths("/services")) == 7


def test_a_list_that_expires_for_ever_is_a_gap(api: KubeApi, reader: Reader) -> None:
    api.faults.append(expiring(99))
    reading = reader(*TRAFFIC)
    assert "410" in reading.unread["Service"]
    assert names(reading, "VirtualService") == ["shop/cart"]
    assert len(api.paths("/services")) == 8


def test_a_kind_that_fails_is_a_gap_and_the_others_are_read(api: KubeApi, reader: Reader) -> None:
    api.faults.append(lambda request: status(403, "no") if request.path.endswith("/services") else None)
    reading = reader(*TRAFFIC)
    assert set(reading.unread) == {"Service"}
    assert len(api.paths("/services")) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"items": {}}', b'{"items": [{"spec": {}}]}', b"\xff"])
def test_an_answer_that_is_no_list_is_a_gap_and_no_crash(body: bytes, api: KubeApi, reader: Reader) -> None:
    api.faults.append(lambda request: Answer(200, body) if request.path.endswith("/services") else None)
    assert "no list" in reader(*TRAFFIC).unread["Service"]


def test_a_server_that_is_no_kubernetes_is_an_error(api: KubeApi, reader: Reader) -> None:
    api.faults.append(lambda _: Answer(200, b"<html>hello</html>"))
    with pytest.raises(ClusterError, match="is that a Kubernetes API"):
        reader(*TRAFFIC)


def test_a_credential_that_expires_in_the_middle_ends_the_reading(api: KubeApi, reader: Reader) -> None:
    api.faults.append(lambda request: status(401, "expired") if request.path.endswith("/services") else None)
    with pytest.raises(ClusterError, match="401"):
        reader(*TRAFFIC)


def test_time_that_is_used_up_is_said(reader: Reader) -> None:
    with pytest.raises(ClusterError, match="used up"):
        reader(*TRAFFIC, seconds=-1)


def test_a_user_of_one_namespace_reads_it_and_is_refused_nothing_twice(api: KubeApi, reader: Reader) -> None:
    api.rights = {("shop", "*")}
    reading = reader()
    assert len(names(reading, "Service")) == 1203
    assert reading.partial["Service"] == frozenset({"shop"})
    assert reading.partial["Namespace"] == frozenset({"shop"})
    assert names(reading, "Namespace") == ["shop"]
    assert "you may not list nodes" in reading.unread["Node"]
    assert set(reading.assumed) == {"MutatingWebhookConfiguration", "ConfigMap", "Secret", "IstioOperator"}
    lists = [(r.path, r.query.get("continue")) for r in api.asked if not r.path.endswith("reviews")]
    assert len(lists) == len(set(lists))


def test_namespaces_that_may_be_listed_are_asked_about_one_by_one(api: KubeApi, reader: Reader) -> None:
    api.rights = {("*", "namespaces"), ("shop", "services"), ("pay", "services")}
    reading = reader(*TRAFFIC)
    assert reading.partial["Service"] == frozenset({"shop", "pay"})
    assert len(names(reading, "Service")) == 1204
    assert len(names(reading, "Namespace")) == 3
    assert "VirtualService" in reading.unread


def test_a_kind_that_may_be_read_in_every_namespace_counts_as_whole(api: KubeApi, reader: Reader) -> None:
    api.rights = {("*", "namespaces"), *((space, "services") for space in ("shop", "pay", "istio-system"))}
    assert "Service" not in reader(*TRAFFIC).partial


def test_named_namespaces_are_tried_when_none_may_be_listed(api: KubeApi, reader: Reader) -> None:
    api.rights = {("pay", "services")}
    assert reader("Service", namespaces=("pay",)).partial["Service"] == frozenset({"pay"})


def test_rules_that_the_api_cannot_tell_are_asked_one_by_one(api: KubeApi, reader: Reader) -> None:
    api.rights, api.incomplete = {("shop", "services")}, True
    assert reader("Service", "VirtualService").partial["Service"] == frozenset({"shop"})


def test_a_secret_that_may_not_be_read_is_hidden_and_not_missing(api: KubeApi, reader: Reader) -> None:
    api.faults.append(lambda request: status(403, "no") if "/secrets/" in request.path else None)
    assert reader().hidden == frozenset({("Secret", "shop", "web")})


def test_somebody_without_rights_gets_gaps_only(api: KubeApi, reader: Reader) -> None:
    api.rights = set()
    reading = reader()
    assert reading.objects == []
    assert {"Service", "VirtualService", "Namespace"} <= set(reading.unread)


def test_a_snapshot_gives_back_what_was_read_and_the_same_bytes_each_time(reader: Reader) -> None:
    reading = reader()
    data = encode(reading)
    again = decode("file", data)
    assert encode(again) == data == encode(reader())
    assert {obj.identity: obj.raw for obj in again.objects} == {obj.identity: obj.raw for obj in reading.objects}
    assert again.kubernetes_version == (1, 34)
    assert Snapshot(again.objects).service(MeshConfig).revision("blue").text("rootNamespace") == "root"


def test_a_snapshot_remembers_what_could_not_be_read(api: KubeApi, reader: Reader) -> None:
    api.rights = {("shop", "*")}
    reading = reader()
    again = decode("file", encode(reading))
    assert (again.unread, again.partial, again.assumed) == (reading.unread, reading.partial, reading.assumed)


@pytest.mark.parametrize("data", [b"", b"hello", encode(ClusterReading())[:20], b"\x1f\x8b" + b"\0" * 30])
def test_a_file_that_is_no_snapshot_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match="no snapshot"):
        decode("file", data)
