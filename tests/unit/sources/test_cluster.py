"""A cluster is read only as far as wanted, once, in pages, and without what is secret."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from getmesh.errors import ClusterError, InputError
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.snapshot import Snapshot
from getmesh.sources.cluster import ClusterReading
from getmesh.sources.snapshot_file import decode, encode
from tests.fakes.kube_api import Answer, KubeApi, Request, serving, status
from tests.unit.sources.cluster_world import KEY, PEM, TRAFFIC, Reader, b64, names, reader_of, world


@pytest.fixture
def api() -> KubeApi:
    """Give the API that holds the world."""
    return KubeApi(world())


@pytest.fixture
def reader(api: KubeApi, tmp_path: Path) -> Iterator[Reader]:
    """Read the served world."""
    with serving(api, tmp_path / "config"):
        yield reader_of(tmp_path / "config")


def test_only_the_wanted_kinds_are_asked_for_and_requests_are_pages_and_a_constant(
    api: KubeApi, reader: Reader
) -> None:
    reading = reader(*TRAFFIC)
    assert len(names(reading, "Service")) == 1204
    assert sorted(set(api.paths())) == [
        "/api/v1/namespaces",
        "/api/v1/services",
        "/apis",
        "/apis/apps/v1/deployments",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        "/apis/networking.istio.io/v1/virtualservices",
        "/version",
    ]
    assert len(api.paths("/services")) == 3
    assert len(api.asked) == 9
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
    reading = reader("ConfigMap")
    assert Snapshot(reading.objects).service(MeshConfig).revision("blue").text("rootNamespace") == "root"


def test_remote_clusters_are_known_by_name_but_their_credentials_stay_unread(reader: Reader) -> None:
    secret = next(obj for obj in reader().objects if obj.name == "istio-remote-secret-west")
    assert secret.raw["data"] == {"west": ""}


def test_definitions_are_told_from_what_is_served(api: KubeApi, reader: Reader) -> None:
    found = reader("CustomResourceDefinition").objects
    definition = next(obj for obj in found if obj.key == "CustomResourceDefinition")
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


@pytest.mark.parametrize("answer", [Answer(200, b"{}"), status(500, "etcd"), Answer(200, b"{}", cut=1)])
def test_a_named_object_that_cannot_be_read_is_a_gap_and_all_else_is_read(
    answer: Answer, api: KubeApi, reader: Reader
) -> None:
    api.faults.append(lambda request: answer if "/configmaps/" in request.path else None)
    reading = reader("ConfigMap", "Service")
    assert len(names(reading, "Service")) == 1204
    assert "/configmaps/" in reading.assumed["ConfigMap"] or "cut" in reading.assumed["ConfigMap"]


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


def test_a_snapshot_gives_back_what_was_read_and_the_same_bytes_each_time(reader: Reader) -> None:
    reading = reader()
    data = encode(reading)
    again = decode("file", data)
    assert encode(again) == data == encode(reader())
    assert {obj.identity: obj.raw for obj in again.objects} == {obj.identity: obj.raw for obj in reading.objects}
    assert again.kubernetes_version == (1, 34)
    assert Snapshot(again.objects).service(MeshConfig).revision("blue").text("rootNamespace") == "root"


@pytest.mark.parametrize("data", [b"", b"hello", encode(ClusterReading())[:20], b"\x1f\x8b" + b"\0" * 30])
def test_a_file_that_is_no_snapshot_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match="no snapshot"):
        decode("file", data)
