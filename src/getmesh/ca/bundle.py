"""What istiod reads of the Secret ``cacerts``: certificate, key, chain, roots, revocations.

Two layouts, as ``pilot/pkg/bootstrap/istio_ca.go`` has them: four PEM files; or ``tls.crt``, ``tls.key``, ``ca.crt``,
which win if ``tls.crt`` is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from getmesh.ca import pem
from getmesh.errors import InputError

CERTIFICATE: Final = "ca-cert.pem"
KEY: Final = "ca-key.pem"
CHAIN: Final = "cert-chain.pem"
ROOT: Final = "root-cert.pem"
CRL: Final = "ca-crl.pem"
TLS_CERTIFICATE: Final = "tls.crt"
TLS_KEY: Final = "tls.key"
TLS_ROOT: Final = "ca.crt"
FILES: Final = (CERTIFICATE, KEY, CHAIN, ROOT, CRL)
TLS_FILES: Final = (TLS_CERTIFICATE, TLS_KEY, TLS_ROOT)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A signing CA with what its peers need; every part is PEM.

    Attributes:
        certificate: the signing certificate; istiod reads the first one only.
        key: its private key, plain; never part of a representation.
        chain: from the signing certificate upwards; the root may be left out.
        root: trust anchors, one or more.
        crl: revocation lists, empty for none.
        tls: whether it came in the layout of ``kubernetes.io/tls``.
        missing: names of files that the layout demands and that were not there.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    chain: bytes
    root: bytes
    crl: bytes = b""
    tls: bool = False
    missing: tuple[str, ...] = ()

    @property
    def signer(self) -> x509.Certificate | None:
        """The certificate that signs, None if it cannot be read."""
        first = next(iter(pem.blocks(self.certificate)), None)
        return pem.read_certificate(first.text) if first else None

    @property
    def roots(self) -> list[x509.Certificate]:
        """All anchors that can be read."""
        return pem.certificates(self.root)

    @property
    def between(self) -> list[x509.Certificate]:
        """All certificates of the chain that can be read."""
        return pem.certificates(self.chain)

    @property
    def anchor(self) -> x509.Certificate | None:
        """The root that it stands on, the first one if nothing is signed yet; None if no chain leads to one."""
        signer = self.signer
        if signer is None:
            return next(iter(self.roots), None)
        path = pem.path_to_root(signer, self.between, self.roots)
        return path[-1] if path else None

    def data(self, *, tls: bool = False) -> dict[str, bytes]:
        """Give the whole map of files of the Secret, in either layout.

        In the layout of ``kubernetes.io/tls`` the chain is read as ``tls.crt`` followed by ``ca.crt``, so that what
        came in it has its roots in the chain; they are not written there.
        """
        chain = self.certificate if self.tls else self.chain
        if tls:
            return {TLS_CERTIFICATE: _ended(chain or self.certificate), TLS_KEY: self.key, TLS_ROOT: self.root}
        data = {CERTIFICATE: self.certificate, KEY: self.key, CHAIN: chain, ROOT: self.root}
        return data | {CRL: self.crl} if self.crl else data

    def with_root(self, root: bytes) -> "Bundle":
        """Give the same CA with other trust anchors."""
        chain = self.certificate + root if self.tls else self.chain
        return Bundle(self.certificate, self.key, chain, root, self.crl, tls=self.tls)


def from_data(data: Mapping[str, bytes]) -> Bundle:
    """Read the files of a Secret or folder as istiod does.

    Raises:
        InputError: there is nothing of a CA in it.
    """
    if TLS_CERTIFICATE in data:
        certificate, root = data[TLS_CERTIFICATE], data.get(TLS_ROOT, b"")
        missing = tuple(name for name in TLS_FILES if not data.get(name))
        return Bundle(certificate, data.get(TLS_KEY, b""), certificate + root, root, b"", tls=True, missing=missing)
    if not set(data) & {CERTIFICATE, KEY, ROOT}:
        raise InputError("there is no CA in it", hint=f"Istio reads {', '.join(FILES[:4])}.")
    missing = tuple(name for name in FILES[:4] if name not in data or (name != CHAIN and not data[name]))
    part = {name: data.get(name, b"") for name in FILES}
    return Bundle(part[CERTIFICATE], part[KEY], part[CHAIN], part[ROOT], part[CRL], missing=missing)


def assemble(
    certificate: x509.Certificate, key: bytes, others: list[x509.Certificate], roots: list[x509.Certificate]
) -> Bundle:
    """Put an issued certificate, its issuers and its root into order.

    The chain begins with the certificate and ends below the root: istiod sends the root anyway, and a chain without
    it needs no revocation list of the root.

    Raises:
        InputError: no chain leads from the certificate to a root.
    """
    anchors = roots or [one for one in others if pem.is_self_signed(one)]
    path = pem.path_to_root(certificate, others, anchors)
    if path is None:
        raise InputError(
            f"no chain leads from {pem.label(certificate)} to a root",
            hint="Give the issuers' certificates and the root, for example with 'rootFile'.",
        )
    chain = pem.encode(path[:-1] or path)
    return Bundle(pem.encode([certificate]), key, chain, pem.encode([path[-1]]))


def append_roots(old: bytes, new: bytes) -> bytes:
    """Add anchors behind the very bytes of the old file, those that are not in it.

    istiod up to 1.29 compares files byte by byte and takes a change only if one contains the other.
    """
    known = set(pem.certificates(old))
    extra = [one for one in pem.certificates(new) if one not in known]
    return _ended(old) + pem.encode(extra) if extra else old


def keep_roots(old: bytes, wanted: list[x509.Certificate]) -> bytes:
    """Drop the anchors that are not wanted; if those that stay are neighbours, their bytes stay as they are."""
    parts = [block for block in pem.blocks(old) if pem.read_certificate(block.text) in wanted]
    if not parts:
        return pem.encode(wanted)
    run = old[parts[0].start : parts[-1].start + len(parts[-1].text)]
    if len(pem.blocks(run)) == len(parts):
        return _ended(run)
    return b"".join(_ended(block.text) for block in parts)


def _ended(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"
