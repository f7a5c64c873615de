"""The last proof of a bundle: a workload certificate signed by it, and a TLS handshake of two peers in memory."""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.keys import PrivateKey, load_private, private_pem, signing_hash
from getmesh.ca.problems import Problem
from getmesh.errors import InputError

PROBE: Final = "spiffe://cluster.local/ns/istio-system/sa/getmesh-probe"
_ROUNDS: Final = 10
_LEAF_LIFE: Final = timedelta(hours=1)


def prove(bundle: Bundle, now: datetime) -> list[Problem]:
    """Give what OpenSSL says when two workloads of this CA meet with mutual TLS; empty if they get through."""
    signer = bundle.signer
    if signer is None or not bundle.key or not bundle.roots:
        return []
    try:
        key = load_private(next(iter(pem.blocks(bundle.key))).text, None, "the key")
        leaf, leaf_key = sign_leaf(signer, key, now)
        peer = Peer(leaf + bundle.chain, leaf_key, pem.encode(bundle.roots))
        meet(peer, peer)
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or str(error)
        return [Problem("handshake", f"two workloads with certificates of this CA refuse each other: {reason}")]
    except (InputError, ValueError, StopIteration, UnsupportedAlgorithm) as error:
        return [Problem("handshake", f"the CA cannot sign a workload certificate: {error}")]
    return []


def sign_leaf(signer: x509.Certificate, key: PrivateKey, now: datetime, identity: str = PROBE) -> tuple[bytes, bytes]:
    """Sign a workload certificate as istiod does; give it and its key as PEM. The key is of use for an hour."""
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=True, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)])
    end = max(min(now + _LEAF_LIFE, signer.not_valid_after_utc), now)
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(signer.subject)
    builder = builder.public_key(leaf_key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(minutes=2)).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage, critical=True).add_extension(x509.ExtendedKeyUsage(both), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())  # type: ignore[arg-type]  # a family that cannot sign fails below
    try:
        ski = signer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
        builder = builder.add_extension(issuer, critical=False)
    except x509.ExtensionNotFound:
        pass  # istiod writes no authority key identifier either
    builder = builder.add_extension(names, critical=True)
    return pem.encode([builder.sign(key, signing_hash(key))]), private_pem(leaf_key)


class Peer(NamedTuple):
    """A workload: its chain with the leaf first, its key, and the roots that it trusts; all PEM."""

    chain: bytes
    key: bytes
    roots: bytes


def meet(client: Peer, server: Peer) -> None:
    """Let two workloads shake hands with mutual TLS, in memory.

    Raises:
        ssl.SSLError: one of them does not trust the other.
    """
    asking = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cadata=client.roots.decode("ascii"))
    asking.check_hostname = False
    asked = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=server.roots.decode("ascii"))
    asked.verify_mode = ssl.CERT_REQUIRED
    for context, peer in ((asking, client), (asked, server)):
        context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN
        with _in_memory(peer.key + peer.chain) as path:
            context.load_cert_chain(path)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [asking.wrap_bio(down, up, server_side=False), asked.wrap_bio(up, down, server_side=True)]
    waiting = list(ends)
    for _ in range(_ROUNDS):
        waiting = [end for end in waiting if not _step(end)]
        if not waiting:
            break
    ends[1].write(b"x")  # in TLS 1.3 a client learns only here what the server thinks of its certificate
    ends[0].read(1)


def _step(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@contextmanager
def _in_memory(text: bytes) -> Iterator[str]:
    """Give a path under which a text can be read; where the system allows it, it never reaches a disk.

    Only the probe's own certificate and key go through here, never the key of the CA.
    """
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("probe")
        try:
            os.write(handle, text)
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        yield file.name
