"""Workloads that have their certificates signed by a real istiod, and connect to each other without a pause."""

import itertools
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from getmesh.ca import pem
from getmesh.ca.dumps import Held, identity_of
from getmesh.ca.handshake import Peer, meet
from getmesh.ca.keys import private_pem
from getmesh.ca.workloads import Seen
from tests.rig.api import Api

NAMES = ("cart", "pay", "shop")
_SIGN = "/istio.v1.auth.IstioCertificateService/CreateCertificate"
_PAUSE = 0.005
_IDLE = 0.05


@dataclass
class Pods:
    """The workloads of a namespace, which is istiod's too.

    Attributes:
        cluster: the API that gives their tokens.
        namespace: theirs.
        roots: what they trust when they speak with istiod.
        address: istiod's port that signs.
        peers: what each of them holds.
        failures: handshakes that failed.
        handshakes: how many were made.
    """

    cluster: Api
    namespace: str
    roots: bytes
    address: str = ""
    peers: dict[str, Peer] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    handshakes: int = 0
    _wanted: int = 0

    def renew(self, name: str) -> x509.Certificate:
        """Get a certificate over gRPC, as an agent does; give the leaf."""
        key = ec.generate_private_key(ec.SECP256R1())
        csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
        text = csr.public_bytes(Encoding.PEM)
        spec = {"spec": {"audiences": ["istio-ca"], "expirationSeconds": 3600}}
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{name}/token"
        token = self.cluster.call("POST", path, spec)["status"]["token"]
        credentials = grpc.ssl_channel_credentials(root_certificates=self.roots)
        override = [("grpc.ssl_target_name_override", f"istiod.{self.namespace}.svc")]
        with grpc.secure_channel(self.address, credentials, options=override) as channel:
            call = channel.unary_unary(_SIGN)
            metadata = [("authorization", f"Bearer {token}"), ("clusterid", "Kubernetes")]
            answer = call(b"\x0a" + _varint(len(text)) + text + b"\x18\x90\x1c", metadata=metadata, timeout=20)
        parts = _strings(answer)
        self.peers[name] = Peer(b"".join(parts[:-1]), private_pem(key), parts[-1])
        return pem.certificates(parts[0])[0]

    def renew_one_by_one(self) -> None:
        """Get new certificates, and after each of them let everybody talk to everybody, twice."""
        for name in NAMES:
            self.renew(name)
            self.mingle()

    def mingle(self) -> None:
        """Let everybody talk to everybody, twice, as they are now.

        Raises:
            AssertionError: nobody talks.
        """
        self._wanted = self.handshakes + 2 * len(self.peers) ** 2
        end = time.monotonic() + 60
        while self.handshakes < self._wanted:
            assert time.monotonic() < end, "nobody talks"
            time.sleep(_PAUSE)

    def seen(self) -> list[Seen]:
        """Tell what the workloads hold."""
        found = []
        for name, peer in sorted(self.peers.items()):
            chain = pem.certificates(peer.chain)
            held = Held(identity_of(chain[0]), tuple(chain), tuple(pem.certificates(peer.roots)))
            found.append(Seen(f"{self.namespace}/{name}", (held,)))
        return found

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Connect all pairs, again and again, as long as the block runs: at leisure unless somebody waits for it."""
        over = threading.Event()

        def talk() -> None:
            for client, server in itertools.cycle(itertools.product(sorted(self.peers), repeat=2)):
                if over.is_set():
                    return
                try:
                    meet(self.peers[client], self.peers[server])
                except ssl.SSLError as error:
                    self.failures.append(f"{client} to {server}: {error}")
                self.handshakes += 1
                time.sleep(_PAUSE if self.handshakes < self._wanted else _IDLE)

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
