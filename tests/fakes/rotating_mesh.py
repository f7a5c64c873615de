"""A mesh in miniature: an istiod that reads the Secret as the real one does, and workloads that renew now and then.

What istiod follows (``pilot/pkg/bootstrap/istio_ca.go``, Istio 1.20 to 1.31): it watches a plugged-in CA only; without
``ISTIO_MULTIROOT_MESH`` it drops an update whose roots differ, the new key included; with it, one file of roots has to
contain the other, as text. A workload takes certificate and roots at its renewal; the roots come from istiod.
"""

import json
import random
import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.handshake import Peer, meet, sign_leaf
from getmesh.ca.keys import load_private
from getmesh.ca.survey import self_signed
from tests.fakes.authorities import NOW
from tests.fakes.pod_streams import HttpEnd, TlsEnd
from tests.fakes.secrets_api import SecretsApi


@dataclass
class Workload:
    """A pod with a proxy."""

    name: str
    chain: bytes = b""
    key: bytes = b""
    roots: bytes = b""

    @property
    def peer(self) -> Peer:
        """What it brings to a handshake."""
        return Peer(self.chain, self.key, self.roots)


@dataclass
class Mesh:
    """istiod, its Secret, and workloads."""

    api: SecretsApi
    multi_root: bool
    workloads: list[Workload] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    handshakes: int = 0
    _ca: Bundle | None = None
    _plugged: bool = False

    def __post_init__(self) -> None:
        environment = [{"name": "ISTIO_MULTIROOT_MESH", "value": "true"}] if self.multi_root else []
        template = {"metadata": {}, "spec": {"containers": [{"name": "discovery", "env": environment}]}}
        deployment = {"metadata": {"name": "istiod", "labels": {"app": "istiod"}}, "spec": {"template": template}}
        self.api.put("/apis/apps/v1/namespaces/istio-system/deployments/istiod", deployment)
        metadata = {"name": "istiod-1", "namespace": "istio-system", "labels": {"app": "istiod"}}
        pod = {"metadata": metadata, "spec": {"containers": [{"name": "discovery"}]}, "status": {"phase": "Running"}}
        self.api.put("/api/v1/namespaces/istio-system/pods/istiod-1", pod)
        self.api.listeners["istio-system/istiod-1:15012"] = self.istiod
        self.restart()

    def start(self, count: int) -> None:
        """Start workloads."""
        for number in range(count):
            workload = Workload(f"w{number}")
            self.workloads.append(workload)
            self.renew(workload)
            metadata = {"name": workload.name, "namespace": "shop", "labels": {}}
            pod = {
                "metadata": metadata,
                "spec": {"containers": [{"name": "istio-proxy"}]},
                "status": {"phase": "Running"},
            }
            self.api.put(f"/api/v1/namespaces/shop/pods/{workload.name}", pod)
            self.api.listeners[f"shop/{workload.name}:15000"] = lambda name=workload.name: self._admin(name)  # type: ignore[misc]  # bound by value

    def restart(self) -> None:
        """Let istiod start: it takes what is there."""
        plugged = self._data("cacerts")
        own = self._data("istio-ca-secret")
        self._plugged = plugged is not None
        self._ca = from_data(plugged) if plugged is not None else self_signed(own or {})
        self._hand_out()

    def reload(self) -> None:
        """Let istiod notice a change of its files."""
        data = self._data("cacerts")
        if not self._plugged or data is None or self._ca is None:
            return
        new = from_data(data)
        contained = new.root in self._ca.root or self._ca.root in new.root
        if new.root != self._ca.root and not (self.multi_root and contained):
            return
        self._ca = new
        self._hand_out()

    def renew(self, workload: Workload) -> None:
        """Let a workload get a new certificate."""
        ca = self._ca
        assert ca is not None
        assert ca.signer is not None
        identity = f"spiffe://cluster.local/ns/shop/sa/{workload.name}"
        leaf, key = sign_leaf(ca.signer, load_private(ca.key, None, "ca"), NOW, identity)
        workload.chain, workload.key, workload.roots = leaf + ca.chain, key, ca.root

    def all_renew(self, chance: random.Random) -> None:
        """Let all workloads renew, one after the other in any order, traffic flowing all the time."""
        for workload in chance.sample(self.workloads, len(self.workloads)):
            self.renew(workload)
            self.talk(chance)

    def talk(self, chance: random.Random, count: int = 4) -> None:
        """Let random pairs of workloads connect."""
        for _ in range(count):
            client, server = chance.choice(self.workloads), chance.choice(self.workloads)
            self.handshakes += 1
            try:
                meet(client.peer, server.peer)
            except ssl.SSLError as error:
                self.failures.append(f"{client.name} to {server.name}: {error}")

    def dump(self, name: str) -> dict[str, Any]:
        """Give the dump of a workload's proxy, as istioctl prints it."""
        workload = next(one for one in self.workloads if one.name == name)

        def inline(text: bytes) -> dict[str, str]:
            return {"inlineBytes": b64encode(text).decode()}

        leaf = {"name": "default", "secret": {"tlsCertificate": {"certificateChain": inline(workload.chain)}}}
        roots = {"name": "ROOTCA", "secret": {"validationContext": {"trustedCa": inline(workload.roots)}}}
        return {"dynamicActiveSecrets": [leaf, roots]}

    def istiod(self) -> TlsEnd:
        """Accept a connection to istiod, which serves a certificate of the CA that it has in memory."""
        assert self._ca is not None
        assert self._ca.signer is not None
        leaf, key = sign_leaf(self._ca.signer, load_private(self._ca.key, None, "ca"), NOW)
        return TlsEnd(key + leaf + self._ca.chain)

    def _admin(self, name: str) -> HttpEnd:
        """Accept a connection to a proxy's admin port."""
        return HttpEnd({"/config_dump": json.dumps(self.dump(name)).encode()})

    def _hand_out(self) -> None:
        assert self._ca is not None
        for namespace in ("istio-system", "shop"):
            path = f"/api/v1/namespaces/{namespace}/configmaps/istio-ca-root-cert"
            metadata = {"name": "istio-ca-root-cert", "namespace": namespace}
            self.api.put(path, {"metadata": metadata, "data": {"root-cert.pem": self._ca.root.decode()}})

    def _data(self, name: str) -> dict[str, bytes] | None:
        found = self.api.secret(name)
        return {key: b64decode(text) for key, text in found["data"].items()} if found else None
