"""A real Kubernetes API for tests: kube-apiserver and etcd of our own, empty, with users known by their tokens.

There are no kubelets and no controllers: what a test writes is all that happens, so Pods and EndpointSlices are
written by the tests, status included.
"""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from getmesh.model.kinds import BY_GROUP_KIND, split_api_version
from tests.rig.clients import Pair, authority
from tests.rig.processes import free_port, started

ADMIN: Final = "admin"
# Users whom nobody has given any right yet: a test binds roles to them.
USERS: Final = ("limited", "nobody", "reader", "istiod")
READY_SECONDS: Final = 90
_THREADS: Final = 8
_PLURALS: Final = {
    ("rbac.authorization.k8s.io", "Role"): ("roles", True),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("rolebindings", True),
    ("rbac.authorization.k8s.io", "ClusterRole"): ("clusterroles", False),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("clusterrolebindings", False),
    ("", "ServiceAccount"): ("serviceaccounts", True),
}


class RefusedError(Exception):
    """The API did not take an object.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass(slots=True)
class Api:
    """A running API server.

    Attributes:
        port: on loopback, with TLS.
        authority: file with the certificate that signs the server's.
        folder: where logs and kubeconfigs are.
        etcd: address of its store.
        clients: the authority whose client certificates it accepts.
    """

    port: int
    authority: Path
    folder: Path
    etcd: str
    clients: Pair
    _context: ssl.SSLContext | None = field(default=None)

    @property
    def server(self) -> str:
        """Address of the API."""
        return f"https://127.0.0.1:{self.port}"

    def kubeconfig(self, user: str = ADMIN, namespace: str = "default", server: str = "") -> Path:
        """Write a kubeconfig for a user; give its path."""
        cluster = {"server": server or self.server, "certificate-authority": str(self.authority)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": user,
            "clusters": [{"name": "rig", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token_of(user)}}],
            "contexts": [{"name": user, "context": {"cluster": "rig", "user": user, "namespace": namespace}}],
        }
        path = self.folder / f"kubeconfig-{user}-{len(list(self.folder.glob('kubeconfig-*')))}"
        path.write_text(json.dumps(content))
        path.chmod(0o600)
        return path

    def call(self, method: str, path: str, body: Any = None, *, user: str = ADMIN) -> Any:
        """Ask or change something; give the decoded answer.

        Raises:
            RefusedError: the API refused.
        """
        connection = self._connection()
        try:
            return _exchange(connection, method, path, body, user)
        finally:
            connection.close()

    def create(
        self, objects: Iterable[dict[str, Any]], *, refused: Callable[[dict[str, Any], str], None] | None = None
    ) -> int:
        """Create objects side by side, status included; give how many the API took.

        Raises:
            RefusedError: the API refused one, and nobody wants to hear of it.
        """
        todo = list(objects)
        parts = [todo[start::_THREADS] for start in range(_THREADS)]
        with ThreadPoolExecutor(_THREADS) as pool:
            return sum(pool.map(lambda part: self._create(part, refused), parts))

    def namespace(self, name: str) -> None:
        """Make a namespace unless it is there."""
        try:
            self.call("GET", f"/api/v1/namespaces/{name}")
        except RefusedError:
            self.create([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}])

    def wait(self, path: str, seconds: float = 20) -> None:
        """Come back when a GET of the path succeeds."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.call("GET", path)
            except (RefusedError, OSError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
            else:
                return

    def _create(self, part: list[dict[str, Any]], refused: Callable[[dict[str, Any], str], None] | None) -> int:
        connection, done = self._connection(), 0
        for obj in part:
            collection, name = path_of(obj), obj["metadata"]["name"]
            try:
                _exchange(connection, "POST", collection, obj, ADMIN)
                if obj.get("status") and obj["kind"] in {"Pod", "Deployment", "Node", "Service"}:
                    held = _exchange(connection, "GET", f"{collection}/{name}", None, ADMIN)
                    held["status"] = obj["status"]
                    _exchange(connection, "PUT", f"{collection}/{name}/status", held, ADMIN)
                done += 1
            except RefusedError as error:
                if refused is None:
                    raise
                refused(obj, str(error))
        connection.close()
        return done

    def _connection(self) -> http.client.HTTPSConnection:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=str(self.authority))
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self._context, timeout=60)


def token_of(user: str) -> str:
    """Give the token of a user of the rig."""
    return f"token-of-{user}"


def path_of(obj: dict[str, Any]) -> str:
    """Give the path of the collection that an object belongs to."""
    group, version = split_api_version(obj["apiVersion"])
    known = BY_GROUP_KIND.get((group, obj["kind"]))
    plural, namespaced = (known.plural, known.namespaced) if known else _PLURALS[group, obj["kind"]]
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    namespace = obj["metadata"].get("namespace", "default")
    return f"{root}/namespaces/{namespace}/{plural}" if namespaced else f"{root}/{plural}"


def grant(user: str, roles: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the roles with bindings of a user to them."""
    for role in roles:
        namespace = role["metadata"].get("namespace")
        kind = f"{role['kind']}Binding"
        name = f"{role['metadata']['name']}-{user}"
        yield {**role, "metadata": {**role["metadata"], "name": name}}
        yield {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": name, **({"namespace": namespace} if namespace else {})},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role["kind"], "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        }


@contextmanager
def running(folder: Path, *more: str) -> Iterator[Api]:
    """Run an empty API server with its etcd, and with further flags; both end with the block.

    Raises:
        RuntimeError: a program is not built, or does not get ready; its log is in the folder.
    """
    with ExitStack() as stack:
        etcd = stack.enter_context(_etcd(folder))
        port = free_port()
        _write_users(folder / "tokens.csv")
        _write_key(folder / "accounts.key")
        accepted = authority(folder)
        arguments = [
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={folder}/certificates",
            f"--token-auth-file={folder}/tokens.csv",
            f"--client-ca-file={accepted.certificate}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://rig.test",
            f"--service-account-key-file={folder}/accounts.key",
            f"--service-account-signing-key-file={folder}/accounts.key",
            "--service-cluster-ip-range=10.0.0.0/16",
            # Pods need no token here, and webhooks of a world under test must not meddle with loading it.
            "--disable-admission-plugins=ServiceAccount,MutatingAdmissionWebhook,ValidatingAdmissionWebhook",
            *more,
        ]
        stack.enter_context(started("kube-apiserver", arguments, folder))
        api = Api(port, folder / "certificates" / "apiserver.crt", folder, etcd, accepted)
        _wait_until_ready(api, folder)
        yield api


@contextmanager
def _etcd(folder: Path) -> Iterator[str]:
    clients, peers = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    arguments = [
        f"--data-dir={folder}/etcd",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
        "--log-level=error",
    ]
    with started("etcd", arguments, folder):
        yield clients


def _exchange(connection: http.client.HTTPSConnection, method: str, path: str, body: Any, user: str) -> Any:
    headers = {"Authorization": f"Bearer {token_of(user)}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    data = answer.read()
    if answer.status >= 300:
        raise RefusedError(answer.status, data.decode("utf-8", "replace")[:500])
    return json.loads(data) if data[:1] in (b"{", b"[") else data.decode()


def _wait_until_ready(api: Api, folder: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            api.call("GET", "/readyz")
            api.call("GET", "/api/v1/namespaces/default")
        except (RefusedError, OSError, ssl.SSLError) as error:
            if time.monotonic() > end:
                log = (folder / "kube-apiserver.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"kube-apiserver does not get ready: {error}\n{log}") from error
            time.sleep(0.2)
        else:
            return


def _write_users(path: Path) -> None:
    rows = [f'{token_of(ADMIN)},{ADMIN},uid-{ADMIN},"system:masters"']
    rows += [f"{token_of(user)},{user},uid-{user}" for user in USERS]
    path.write_text("\n".join(rows) + "\n")
    path.chmod(0o600)


def _write_key(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    path.chmod(0o600)
