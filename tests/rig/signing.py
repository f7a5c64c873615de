"""A mesh with a real istiod that reads its CA as from a mounted Secret, and starts anew where a step asks for it."""

import json
import time
from base64 import b64decode
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.cacerts import CaSecret
from getmesh.ca.istiod import Istiods
from getmesh.ca.rotation import KEPT, Rotation, Step
from getmesh.ca.secrets import SecretStore
from getmesh.ca.serving import served_chain
from getmesh.ca.survey import Scope, survey
from getmesh.ports.kube import open_kube
from tests.rig.api import Api, RefusedError
from tests.rig.pods import NAMES, Pods
from tests.rig.processes import free_port, started


class SigningMesh:
    """A namespace with istiod, its Secret, and workloads; istiod runs as long as the block.

    Args:
        cluster: the API.
        folder: for istiod's files, one folder for each start.
        namespace: made, and emptied of what an earlier mesh left.
        old: the CA that is plugged in, None for one of istiod's own.
        new: the CA that shall follow; workloads accept an istiod of either.
        multi_root: whether istiod takes other roots while it runs.
    """

    def __init__(
        self, cluster: Api, folder: Path, namespace: str, old: Bundle | None, new: Bundle, *, multi_root: bool = True
    ) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.port = open_kube(str(cluster.kubeconfig()), None)
        self._folder, self._multi_root = folder, multi_root
        self._mounted = folder
        self._stack = ExitStack()
        self._starts = 0
        self._prepare(old)
        self.pods = Pods(cluster, namespace, (old.root if old else b"") + new.root)

    def __enter__(self) -> Self:
        """Start istiod, and let every workload get its first certificate."""
        self._start()
        own = self.secret("istio-ca-secret")
        if self.secret() is None and own is not None:
            self.pods.roots += b64decode(own["data"]["ca-cert.pem"])
        for name in NAMES:
            self.pods.renew(name)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop istiod."""
        self._stack.close()

    def secret(self, name: str = "cacerts") -> Any:
        """Give a Secret of the namespace, None if there is none."""
        try:
            return self.cluster.call("GET", f"/api/v1/namespaces/{self.namespace}/secrets/{name}")
        except RefusedError as error:
            if error.status != 404:
                raise
            return None

    def rotation(self) -> Rotation:
        """Give the rotation as the mesh is now."""
        now = datetime.now(UTC)
        secret = CaSecret(SecretStore(self.port, self.namespace), kept=KEPT)
        scope = Scope(namespaces=[self.namespace], dumps=self.pods.seen(), istiod=self.pods.address)
        istiods = Istiods(self.port, self.namespace)
        return Rotation(secret, lambda: survey(self.port, self.namespace, scope, now), istiods, now)

    def follow(self, step: Step) -> None:
        """Bring a step to istiod as a kubelet would, see that it is taken, and renew everybody, one by one."""
        if step.restarted:
            self._start()
        elif self.secret() is not None:
            self._mount()
        present, _ = self.rotation().present()
        until(lambda: self._took(present), f"istiod takes {step}")
        self.pods.renew_one_by_one()

    def _took(self, present: Bundle) -> bool:
        """Whether istiod signs with a CA and hands its roots out: to those who ask, and by the ConfigMap."""
        leaf = self.pods.renew("cart")
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/istio-ca-root-cert"
        handed = self.cluster.call("GET", path)["data"]["root-cert.pem"].encode()
        assert present.signer is not None
        current = set(pem.certificates(handed)) == set(present.roots)
        trusted = set(pem.certificates(self.pods.peers["cart"].roots)) == set(present.roots)
        return current and trusted and pem.is_issued_by(leaf, present.signer)

    def _start(self) -> None:
        """Stop istiod if there is one, and start one with a fresh mount.

        Not side by side, as in a rollout: the new one would wait for the leases of the other, and try for them every
        ten seconds or so.
        """
        self._stack.close()
        self._starts += 1
        folder = self._folder / f"istiod-{self._starts}"
        self._mounted = folder / "cacerts"
        self._mounted.mkdir(parents=True)
        if self.secret() is not None:
            self._mount()
        http, plain, secure, monitoring, webhook = (free_port() for _ in range(5))
        arguments = [
            "discovery",
            f"--kubeconfig={self.cluster.kubeconfig()}",
            f"--httpAddr=127.0.0.1:{http}",
            f"--grpcAddr=127.0.0.1:{plain}",
            f"--secureGRPCAddr=127.0.0.1:{secure}",
            f"--monitoringAddr=127.0.0.1:{monitoring}",
            f"--httpsAddr=127.0.0.1:{webhook}",
            "--ctrlz_port=0",
            "--domain=cluster.local",
            "--shutdownDuration=0s",  # nobody's stream is worth a farewell here
        ]
        settings = {"POD_NAMESPACE": self.namespace, "POD_NAME": f"istiod-{self._starts}"}
        settings |= {"ROOT_CA_DIR": str(self._mounted), "ISTIO_MULTIROOT_MESH": str(self._multi_root).lower()}
        self._stack.enter_context(started("istiod", arguments, folder, settings))
        address = f"127.0.0.1:{secure}"
        until(lambda: bool(served_chain(address)), "istiod serves")
        self.pods.address = address

    def _mount(self) -> None:
        """Lay the Secret out where istiod reads it, swapped at once, as a kubelet does."""
        inside = self._mounted / f"..{time.monotonic_ns()}"
        inside.mkdir()
        for name, text in self.secret()["data"].items():
            (inside / name).write_bytes(b64decode(text))
            link = self._mounted / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        fresh = self._mounted / "..data_tmp"
        fresh.symlink_to(inside.name)
        fresh.replace(self._mounted / "..data")

    def _prepare(self, old: Bundle | None) -> None:
        """Make the namespace with the old CA in it, or with none, and istiod's Deployment."""
        self.cluster.namespace(self.namespace)
        for name in ("cacerts", "cacerts-next", "istio-ca-secret"):
            if self.secret(name):
                self.cluster.call("DELETE", f"/api/v1/namespaces/{self.namespace}/secrets/{name}")
        if old is not None:
            CaSecret(SecretStore(self.port, self.namespace)).write(old, None, {}, datetime.now(UTC))
        accounts = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": self.namespace}}
            for name in NAMES
        ]
        self.cluster.create([*accounts, self._deployment()], refused=_exists)

    def _deployment(self) -> dict[str, Any]:
        """Give istiod's Deployment as far as anybody looks at it."""
        labels = {"app": "istiod"}
        environment = [{"name": "ISTIO_MULTIROOT_MESH", "value": str(self._multi_root).lower()}]
        container = {"name": "discovery", "image": "x", "env": environment}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "istiod", "namespace": self.namespace, "labels": labels},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }


def until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Come back when something holds; what it raises meanwhile means not yet.

    Raises:
        AssertionError: it never does.
    """
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


def _exists(_object: dict[str, Any], reason: str) -> None:
    assert reason.startswith("409"), json.dumps(reason)
