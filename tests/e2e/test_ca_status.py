"""ca status into pods: a real API server, a kubelet's own port-forwarding, and a real istiod at the other end."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from getmesh.ca.bundle import Bundle
from getmesh.ca.handshake import sign_leaf
from getmesh.ca.keys import load_private
from tests.fakes.admin_page import admin_page
from tests.fakes.authorities import good_bundle, make
from tests.fakes.stores import put_build
from tests.rig import istiod as plane
from tests.rig import node
from tests.rig.api import Api, grant
from tests.rig.programs import missing, program

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
MESH = "e2e-status-mesh"
SHOP = "e2e-status-shop"
ROOT = make("root", days=3650)
CA = good_bundle("mesh ca", ROOT)


@pytest.fixture(scope="module")
def mesh(cluster: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Run an istiod with a plugged-in CA and a proxy's admin page, both as pods of a node."""
    if reason := missing("istiod", "forwarder"):
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("mesh")
    for name, text in CA.data().items():
        (folder / name).write_bytes(text)
    for namespace in (MESH, SHOP):
        cluster.namespace(namespace)
    put_secret(cluster, CA)
    settings = {"POD_NAMESPACE": MESH, "ROOT_CA_DIR": str(folder)}
    with plane.running(cluster, folder, environ=settings) as istiod, admin_page(dump()) as admin:
        ports = {f"{MESH}/istiod-1:15012": istiod.secure, f"{SHOP}/cart:15000": admin, f"{SHOP}/dead:15000": 9}
        with node.running(cluster, folder, ports):
            cluster.create([
                node.pod("istiod-1", MESH, "discovery", app="istiod"),
                node.pod("cart", SHOP, "istio-proxy", app="cart"),
            ])  # fmt: skip
            cluster.wait(f"/api/v1/namespaces/{SHOP}/configmaps/istio-ca-root-cert")
            yield cluster


@pytest.fixture
def status(mesh: Api, getmesh: Run) -> Callable[..., dict[str, Any]]:
    """Give a function that runs ca status as a user of the API and sees how it ends."""

    def run(*arguments: str, user: str = "admin", code: int = 0) -> dict[str, Any]:
        where = ("-n", MESH, "--workloads-in", SHOP, "--kubeconfig", str(mesh.kubeconfig(user)), "-o", "json")
        done = getmesh("ca", "status", *where, *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


def dump() -> bytes:
    """Give what a sidecar with a certificate of the CA shows at its admin port."""
    assert CA.signer is not None
    key = load_private(CA.key, None, "ca")
    identity = f"spiffe://cluster.local/ns/{SHOP}/sa/cart"
    leaf, _ = sign_leaf(CA.signer, key, datetime.now(UTC), identity)

    kind = "type.googleapis.com/envoy"

    def secret(name: str, **fields: Any) -> dict[str, Any]:
        inside = {"@type": f"{kind}.extensions.transport_sockets.tls.v3.Secret", "name": name, **fields}
        return {"name": name, "version_info": "1", "last_updated": "2026-11-26T08:00:00Z", "secret": inside}

    def inline(text: bytes) -> dict[str, str]:
        return {"inline_bytes": b64encode(text).decode()}

    tls = {"certificate_chain": inline(leaf + CA.chain), "private_key": inline(b"[redacted]")}
    secrets = [
        secret("default", tls_certificate=tls),
        secret("ROOTCA", validation_context={"trusted_ca": inline(CA.root)}),
    ]
    return json.dumps({
        "configs": [{"@type": f"{kind}.admin.v3.SecretsConfigDump", "dynamic_active_secrets": secrets}]
    }).encode()  # fmt: skip


def put_secret(cluster: Api, ca: Bundle) -> None:
    """Put a CA into the Secret, whatever was there."""
    path = f"/api/v1/namespaces/{MESH}/secrets"
    data = {name: b64encode(text).decode() for name, text in ca.data().items()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cacerts"}, "data": data}
    held = {one["metadata"]["name"] for one in cluster.call("GET", path)["items"]}
    cluster.call("PUT" if "cacerts" in held else "POST", f"{path}/cacerts" if "cacerts" in held else path, secret)


def put_istioctl(folder: Path) -> None:
    """Make the real istioctl the active build of the user's home."""
    path = program("istioctl")
    if path is None:
        pytest.skip(missing("istioctl"))
    put_build(folder / "home", "1.31.0-istio-v0", path.read_bytes())


def test_istiod_and_a_proxy_are_seen_through_the_api_server_and_the_kubelet(
    status: Callable[..., dict[str, Any]],
) -> None:
    found = status()
    assert found["istiodServesCurrent"] is True
    assert [one["istiod"] for one in found["istiods"]] == ["istiod-1"]
    assert found["summary"] == {"current": 1}
    assert found["complete"] is True
    assert found["faults"] == []


def test_the_real_istioctl_sees_the_same_at_the_proxy(status: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    put_istioctl(tmp_path)
    found, asked = (status("--istiod", "none", "--through", way)["workloads"] for way in ("api", "istioctl"))
    assert found == asked
    assert found[0]["identity"] == f"spiffe://cluster.local/ns/{SHOP}/sa/cart"


def test_an_istiod_that_has_not_read_the_secret_is_told_of(status: Callable[..., dict[str, Any]], mesh: Api) -> None:
    put_secret(mesh, good_bundle("new ca", ROOT))
    try:
        found = status("--through", "none", code=1)
    finally:
        put_secret(mesh, CA)
    assert found["istiodServesCurrent"] is False
    assert found["faults"] == ["istiod-1 serves a certificate of another CA: it has not read the Secret"]


READING = [
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["cacerts"]},
    {"apiGroups": [""], "resources": ["pods", "configmaps"], "verbs": ["get", "list"]},
]


def allow(cluster: Api, user: str, name: str, rules: list[dict[str, Any]]) -> None:
    """Give a user rights in the namespaces of the mesh."""
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": rules}
    roles = [{**kind, "metadata": {"name": name, "namespace": space}} for space in (MESH, SHOP)]
    cluster.create(grant(user, roles))


def reaching(*verbs: str) -> list[dict[str, Any]]:
    return [{"apiGroups": [""], "resources": ["pods/portforward"], "verbs": verbs}]


def test_the_documented_rights_are_enough_and_without_portforward_nothing_counts_as_healthy(
    status: Callable[..., dict[str, Any]], mesh: Api
) -> None:
    allow(mesh, "limited", "look", READING)
    found = status("--through", "api", user="limited", code=3)
    assert found["istiodServesCurrent"] is None
    assert "get and create on pods/portforward are needed" in found["gaps"][0]
    assert found["summary"] == {"unseen": 1}
    allow(mesh, "limited", "reach", reaching("get", "create"))
    found = status(user="limited")
    assert found["istiodServesCurrent"] is True
    assert found["summary"] == {"current": 1}


def test_a_right_that_is_enough_for_istioctl_alone_is_made_use_of(
    status: Callable[..., dict[str, Any]], mesh: Api, tmp_path: Path
) -> None:
    allow(mesh, "reader", "look", READING)
    allow(mesh, "reader", "reach", reaching("create"))
    assert status("--istiod", "none", user="reader", code=3)["summary"] == {"unseen": 1}
    put_istioctl(tmp_path)
    assert status("--istiod", "none", user="reader")["summary"] == {"current": 1}


def test_a_port_at_which_nobody_listens_is_the_kubelets_word(status: Callable[..., dict[str, Any]], mesh: Api) -> None:
    mesh.create([node.pod("dead", SHOP, "istio-proxy")])
    try:
        found = status("--istiod", "none", code=3)
    finally:
        mesh.call("DELETE", f"/api/v1/namespaces/{SHOP}/pods/dead?gracePeriodSeconds=0")
    assert found["summary"] == {"current": 1, "unseen": 1}
    assert "connection refused" in found["gaps"][0]
