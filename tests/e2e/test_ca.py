"""The CA against a real API server and a real istiod: written, read, rotated, with traffic all the time."""

import itertools
import json
import ssl
import subprocess
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.cacerts import CaSecret
from getmesh.ca.dumps import Held, identity_of
from getmesh.ca.handshake import Peer, meet
from getmesh.ca.istiod import single_rooted
from getmesh.ca.keys import private_pem
from getmesh.ca.rotation import Rotation
from getmesh.ca.secrets import SecretStore
from getmesh.ca.serving import served_chain
from getmesh.ca.stages import STAGES, Stage, Way
from getmesh.ca.survey import Scope, survey
from getmesh.ca.workloads import Seen
from getmesh.errors import ClusterError
from getmesh.ports.kube import KubeClient, open_kube
from tests.fakes.authorities import good_bundle, make
from tests.rig.api import Api, RefusedError, grant
from tests.rig.processes import free_port, started
from tests.rig.programs import missing

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
NAMESPACE = "e2e-ca"
MESH = "e2e-ca-mesh"
PASSPHRASE = "correct horse battery"
SIGN = "/istio.v1.auth.IstioCertificateService/CreateCertificate"
ROOT = make("root", days=3650)
OTHER = make("other root", days=3650)


def secret_of(cluster: Api, name: str = "cacerts", namespace: str = NAMESPACE) -> Any:
    try:
        return cluster.call("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")
    except RefusedError as error:
        if error.status != 404:
            raise
        return None


def client_of(cluster: Api) -> KubeClient:
    return open_kube(str(cluster.kubeconfig()), None)


@pytest.fixture
def issue(cluster: Api, getmesh: Run) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs gen-ca with a local root, as a user of the API, in an empty namespace."""
    cluster.namespace(NAMESPACE)
    for name in ("cacerts",):
        if secret_of(cluster, name):
            cluster.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}")
    environ = {"GETMESH_CA_PASSPHRASE": PASSPHRASE}
    assert getmesh("ca", "init", "root", "--key-family", "p-256", **environ).returncode == 0

    def run(*arguments: str, user: str = "admin") -> subprocess.CompletedProcess[str]:
        start = ("gen-ca", "-p", "local", "--root-dir", "root", "--key-family", "p-256")
        where = ("--istio-ca-namespace", NAMESPACE, "--kubeconfig", str(cluster.kubeconfig(user)))
        return getmesh(*start, *where, *arguments, **environ)

    return run


def test_the_secret_of_a_real_api_is_created_replaced_and_restored(cluster: Api, issue: Run, getmesh: Run) -> None:
    assert issue("--dry-run").returncode == 0
    assert secret_of(cluster) is None
    done = issue()
    assert done.returncode == 0, done.stderr
    first = secret_of(cluster)["data"]
    assert issue().returncode == 2
    done = issue("--override-existing-ca-cert-secret")
    assert done.returncode == 0, done.stderr
    assert secret_of(cluster)["data"] != first
    where = ("-n", NAMESPACE, "--kubeconfig", str(cluster.kubeconfig()))
    assert getmesh("ca", "verify", *where).returncode == 0
    assert getmesh("ca", "restore", "--dry-run", *where).returncode == 0
    assert secret_of(cluster)["data"] != first
    done = getmesh("ca", "restore", *where)
    assert done.returncode == 0, done.stderr
    assert secret_of(cluster)["data"] == first


def test_types_and_immutability_are_as_the_real_api_has_them(cluster: Api, issue: Run) -> None:
    assert issue().returncode == 0
    held = secret_of(cluster)
    cluster.call("PUT", f"/api/v1/namespaces/{NAMESPACE}/secrets/cacerts", {**held, "immutable": True})
    override = "--override-existing-ca-cert-secret"
    done = issue(override)
    assert done.returncode == 2
    assert "immutable" in done.stderr
    done = issue(override, "--recreate")
    assert done.returncode == 0, done.stderr
    held = secret_of(cluster)
    cluster.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/cacerts")
    typed = {"apiVersion": "v1", "kind": "Secret", "type": "istio.io/ca-root", "data": held["data"]}
    typed["metadata"] = {"name": "cacerts", "namespace": NAMESPACE}
    cluster.call("POST", f"/api/v1/namespaces/{NAMESPACE}/secrets", typed)
    assert "has type" in issue(override).stderr
    done = issue(override, "--keep-type")
    assert done.returncode == 0, done.stderr
    assert secret_of(cluster)["type"] == "istio.io/ca-root"


def test_the_documented_rights_are_enough_and_fewer_change_nothing(cluster: Api, issue: Run) -> None:
    done = issue(user="nobody")
    assert done.returncode == 4
    assert secret_of(cluster) is None
    rules = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "update"], "resourceNames": ["cacerts"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": rules}
    cluster.create(grant("reader", [{**role, "metadata": {"name": "mesh-ca", "namespace": NAMESPACE}}]))
    done = issue(user="reader")
    assert done.returncode == 0, done.stderr
    done = issue("--override-existing-ca-cert-secret", user="reader")
    assert done.returncode == 0, done.stderr


def test_a_change_by_somebody_else_is_a_conflict_of_the_real_api(cluster: Api, issue: Run) -> None:
    assert issue().returncode == 0
    secret = CaSecret(SecretStore(client_of(cluster), NAMESPACE))
    existing = secret.read()
    held = secret_of(cluster)
    held["metadata"]["labels"] = {"changed": "meanwhile"}
    cluster.call("PUT", f"/api/v1/namespaces/{NAMESPACE}/secrets/cacerts", held)
    with pytest.raises(ClusterError, match="somebody else"):
        secret.write(good_bundle(), existing, {}, datetime.now(UTC))
    assert secret_of(cluster)["data"] == held["data"]


@dataclass
class Pods:
    """Workloads that ask istiod for certificates, and connect to each other without a pause."""

    cluster: Api
    address: str
    roots: bytes
    peers: dict[str, Peer] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    handshakes: int = 0

    def renew(self, name: str) -> x509.Certificate:
        """Get a certificate over gRPC, as an agent does; give the leaf."""
        key = ec.generate_private_key(ec.SECP256R1())
        csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        text = csr.public_bytes(Encoding.PEM)
        spec = {"spec": {"audiences": ["istio-ca"], "expirationSeconds": 3600}}
        path = f"/api/v1/namespaces/{MESH}/serviceaccounts/{name}/token"
        token = self.cluster.call("POST", path, spec)["status"]["token"]
        credentials = grpc.ssl_channel_credentials(root_certificates=self.roots)
        override = [("grpc.ssl_target_name_override", f"istiod.{MESH}.svc")]
        with grpc.secure_channel(self.address, credentials, options=override) as channel:
            call = channel.unary_unary(SIGN)
            metadata = [("authorization", f"Bearer {token}"), ("clusterid", "Kubernetes")]
            answer = call(b"\x0a" + _varint(len(text)) + text + b"\x18\x90\x1c", metadata=metadata, timeout=20)
        parts = _strings(answer)
        self.peers[name] = Peer(b"".join(parts[:-1]), private_pem(key), parts[-1])
        return pem.certificates(parts[0])[0]

    def seen(self) -> list[Seen]:
        """Tell what the workloads hold."""
        found = []
        for name, peer in sorted(self.peers.items()):
            chain = pem.certificates(peer.chain)
            held = Held(identity_of(chain[0]), tuple(chain), tuple(pem.certificates(peer.roots)))
            found.append(Seen(f"{MESH}/{name}", (held,)))
        return found

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Connect all pairs, again and again, as long as the block runs."""
        over = threading.Event()

        def talk() -> None:
            for client, server in itertools.cycle(itertools.product(sorted(self.peers), repeat=2)):
                if over.is_set():
                    return
                self.handshakes += 1
                try:
                    meet(self.peers[client], self.peers[server])
                except ssl.SSLError as error:
                    self.failures.append(f"{client} to {server}: {error}")
                time.sleep(0.01)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _strings(data: bytes) -> list[bytes]:
    """Read the repeated strings of field 1."""
    found, at = [], 0
    while at < len(data):
        assert data[at] == 0x0A
        at, size, shift = at + 1, 0, 0
        while True:
            size |= (data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not data[at - 1] & 0x80:
                break
        found.append(data[at : at + size])
        at += size
    return found


def mount(cluster: Api, folder: Path) -> None:
    """Lay the Secret out where istiod reads it, swapped at once, as a kubelet does."""
    data = secret_of(cluster, namespace=MESH)["data"]
    inside = folder / f"..{time.monotonic_ns()}"
    inside.mkdir(parents=True)
    for name, text in data.items():
        (inside / name).write_bytes(b64decode(text))
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(f"..data/{name}")
    fresh = folder / "..data_tmp"
    fresh.symlink_to(inside.name)
    fresh.replace(folder / "..data")


@contextmanager
def istiod(cluster: Api, folder: Path, secrets: Path) -> Iterator[str]:
    """Run istiod with a plugged-in CA; give the address that signs."""
    http, plain, secure, monitoring, webhook = (free_port() for _ in range(5))
    arguments = [
        "discovery",
        f"--kubeconfig={cluster.kubeconfig()}",
        f"--httpAddr=127.0.0.1:{http}",
        f"--grpcAddr=127.0.0.1:{plain}",
        f"--secureGRPCAddr=127.0.0.1:{secure}",
        f"--monitoringAddr=127.0.0.1:{monitoring}",
        f"--httpsAddr=127.0.0.1:{webhook}",
        "--ctrlz_port=0",
        "--domain=cluster.local",
    ]
    settings = {
        "POD_NAMESPACE": MESH,
        "POD_NAME": "istiod-ca",
        "ROOT_CA_DIR": str(secrets),
        "ISTIO_MULTIROOT_MESH": "true",
    }
    with started("istiod", arguments, folder, settings):
        address = f"127.0.0.1:{secure}"
        until(lambda: bool(served_chain(address)), "istiod serves")
        yield address


def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Come back when something holds; what it raises meanwhile means not yet."""
    end = time.monotonic() + seconds
    last: Exception | None = None
    while time.monotonic() < end:
        try:
            if holds():
                return
        except Exception as error:  # noqa: BLE001 - reported below
            last = error
        time.sleep(0.2)
    raise AssertionError(f"never: {what}") from last


def deployment() -> dict[str, Any]:
    """Give istiod's Deployment as far as anybody looks at it."""
    labels = {"app": "istiod"}
    container = {"name": "discovery", "image": "x", "env": [{"name": "ISTIO_MULTIROOT_MESH", "value": "true"}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "istiod", "namespace": MESH, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


NAMES = ("cart", "shop", "pay")


def rotation_of(port: KubeClient, pods: Pods) -> Rotation:
    """Give the rotation of the mesh as its workloads are now."""
    scope = Scope(namespaces=[MESH], dumps=pods.seen(), istiod=pods.address)
    return Rotation(
        CaSecret(SecretStore(port, MESH)),
        lambda: survey(port, MESH, scope, datetime.now(UTC)),
        lambda: single_rooted(port, MESH),
        datetime.now(UTC),
    )


def take(port: KubeClient, pods: Pods, secrets: Path) -> Stage | None:
    """Take the next stage and let the kubelet bring it; None if there is none."""
    rotation = rotation_of(port, pods)
    standing = rotation.standing()
    if standing is None:
        return None
    step = rotation.advance(standing, None, restarts=True, unseen=False)
    assert step is not None
    mount(pods.cluster, secrets)
    return step.stage


def settle(pods: Pods, stage: Stage) -> None:
    """Wait until istiod has a stage, renew everybody, and let everybody talk to everybody."""
    data = secret_of(pods.cluster, namespace=MESH)["data"]
    present = from_data({name: b64decode(text) for name, text in data.items()})
    until(lambda: took(pods, present), f"istiod takes stage {stage}")
    for name in NAMES:
        pods.renew(name)
    rounds = pods.handshakes + 2 * len(NAMES) ** 2
    until(lambda: pods.handshakes > rounds, "everybody talks to everybody")


@pytest.mark.parametrize("way", [Way.NEW_ROOT, Way.SAME_ROOT])
def test_a_real_istiod_goes_through_every_stage_and_no_handshake_fails(cluster: Api, tmp_path: Path, way: Way) -> None:
    if reason := missing("istiod"):
        pytest.skip(reason)
    old = good_bundle("old ca", ROOT)
    new = good_bundle("new ca", OTHER if way is Way.NEW_ROOT else ROOT)
    prepare(cluster, old)
    secrets = tmp_path / "cacerts"
    mount(cluster, secrets)
    port = client_of(cluster)
    with istiod(cluster, tmp_path, secrets) as address:
        pods = Pods(cluster, address, old.root + new.root)
        for name in NAMES:
            leaf = pods.renew(name)
            assert old.signer is not None
            assert pem.is_issued_by(leaf, old.signer)
            assert identity_of(leaf) == f"spiffe://cluster.local/ns/{MESH}/sa/{name}"
        taken: list[Stage] = []
        with pods.talking():
            rotation_of(port, pods).begin(new)
            while (stage := take(port, pods, secrets)) is not None:
                taken.append(stage)
                settle(pods, stage)
        arrived(port, pods, new, taken, way)


def test_a_mesh_leaves_istiods_own_root_without_a_failed_handshake(cluster: Api, tmp_path: Path) -> None:
    if reason := missing("istiod"):
        pytest.skip(reason)
    new = good_bundle("new ca", OTHER)
    prepare(cluster, None)
    secrets = tmp_path / "cacerts"
    secrets.mkdir()
    port = client_of(cluster)
    with istiod(cluster, tmp_path, secrets) as address:
        until(lambda: secret_of(cluster, "istio-ca-secret", MESH) is not None, "istiod makes its own CA")
        own = b64decode(secret_of(cluster, "istio-ca-secret", MESH)["data"]["ca-cert.pem"])
        pods = Pods(cluster, address, own + new.root)
        for name in NAMES:
            pods.renew(name)
        rotation_of(port, pods).begin(new)
        assert take(port, pods, secrets) is Stage.ADOPT
    taken = [Stage.ADOPT]
    (tmp_path / "again").mkdir()
    with pods.talking(), istiod(cluster, tmp_path / "again", secrets) as address:
        pods.address = address
        settle(pods, Stage.ADOPT)
        while (stage := take(port, pods, secrets)) is not None:
            taken.append(stage)
            settle(pods, stage)
    arrived(port, pods, new, taken, Way.SELF_SIGNED)


def arrived(port: KubeClient, pods: Pods, new: Bundle, taken: list[Stage], way: Way) -> None:
    """See that every stage was taken, that nobody failed, and that the new CA is in use everywhere."""
    assert taken == list(STAGES[way])
    assert pods.failures == []
    assert pods.handshakes > 18 * len(taken)
    final = survey(port, MESH, Scope(namespaces=[MESH], dumps=pods.seen()), datetime.now(UTC))
    assert final.faults(datetime.now(UTC), None) == []
    assert final.bundle is not None
    assert final.bundle.signer == new.signer


def prepare(cluster: Api, old: Bundle | None) -> None:
    """Make the namespace with the old CA in it, or with none."""
    cluster.namespace(MESH)
    for name in ("cacerts", "cacerts-next", "istio-ca-secret"):
        if secret_of(cluster, name, MESH):
            cluster.call("DELETE", f"/api/v1/namespaces/{MESH}/secrets/{name}")
    if old is not None:
        CaSecret(SecretStore(client_of(cluster), MESH)).write(old, None, {}, datetime.now(UTC))
    accounts = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": MESH}}
        for name in ("cart", "shop", "pay")
    ]

    def exists(_object: dict[str, Any], reason: str) -> None:
        assert reason.startswith("409"), reason

    cluster.create([*accounts, deployment()], refused=exists)


def took(pods: Pods, present: Bundle) -> bool:
    """Whether istiod signs with a CA and hands its roots out: to those who ask, and by the ConfigMap."""
    leaf = pods.renew("cart")
    path = f"/api/v1/namespaces/{MESH}/configmaps/istio-ca-root-cert"
    handed = json.dumps(pods.cluster.call("GET", path)["data"]["root-cert.pem"])
    assert present.signer is not None
    current = set(pem.certificates(json.loads(handed).encode())) == set(present.roots)
    trusted = set(pem.certificates(pods.peers["cart"].roots)) == set(present.roots)
    return current and trusted and pem.is_issued_by(leaf, present.signer)
