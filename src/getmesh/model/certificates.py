"""TLS certificates inside Secrets: whether a gateway that is given one could serve with it."""

import binascii
import re
import warnings
from base64 import b64decode
from datetime import UTC, datetime
from typing import ClassVar, Final

from getmesh.model.objects import Object, as_map, as_text
from getmesh.model.snapshot import Snapshot

_PAIRS: Final = (("cert", "key"), ("tls.crt", "tls.key"))
_PEM: Final = re.compile(
    rb"^-----BEGIN ([^\n]*?)-----[ \t\r]*\n(.*?)^-----END \1-----[ \t\r]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_SEQUENCE: Final = 0x30
_LONG_FORM: Final = 0x80


class Certificates:
    """Verdicts on the certificates of Secrets, each given once.

    Only the first PEM block counts, of whatever type; it may hold several certificates back to back. The key, later
    blocks and host names are not looked at (Istio: ``pkg/config/analysis/analyzers/gateway/certificate.go``).
    Text under ``stringData`` counts like data, since a cluster stores it so.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Secret"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._secrets = {(obj.namespace, obj.name): obj for obj in snapshot.each("Secret")}
        self._hidden = snapshot.settings.hidden
        self._now = snapshot.settings.now
        self._verdicts: dict[tuple[str, str], str] = {}

    def exists(self, name: tuple[str, str]) -> bool:
        """Whether there is, or may be where we may not look, a Secret of that (namespace, name)."""
        return name in self._secrets or ("Secret", *name) in self._hidden

    def problem(self, name: tuple[str, str]) -> str:
        """Say what is wrong with the certificate of a Secret; ``""`` if nothing is, or if there is no such Secret."""
        found = self._verdicts.get(name)
        if found is None:
            secret = self._secrets.get(name)
            found = self._verdicts[name] = _judge(secret, self._now) if secret else ""
        return found


def _judge(secret: Object, now: float) -> str:
    for certificate, key in _PAIRS:
        if _entry(secret, certificate) and _entry(secret, key):
            return _judge_pem(_entry(secret, certificate), now)
    return "it holds no certificate together with a key"


def _entry(secret: Object, key: str) -> bytes:
    plain = as_text(as_map(secret.raw.get("stringData")).get(key))
    if plain:
        return plain.encode("utf-8", "surrogatepass")
    try:
        return b64decode(as_text(as_map(secret.raw.get("data")).get(key)))
    except (binascii.Error, ValueError):
        return b""


def _judge_pem(text: bytes, now: float) -> str:
    from cryptography import x509  # noqa: PLC0415 - heavy, and few snapshots hold gateway certificates

    block = _first_block(text)
    if block is None:
        return "its certificate is no PEM text"
    today = datetime.fromtimestamp(now, UTC)
    for der in _split_der(block):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                certificate = x509.load_der_x509_certificate(der)
            start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        except (ValueError, TypeError):
            return "its certificate cannot be read as X.509"
        if today < start:
            return f"its certificate is not valid before {start:%Y-%m-%d}"
        if today > end:
            return f"its certificate expired on {end:%Y-%m-%d}"
    return ""


def _first_block(text: bytes) -> bytes | None:
    for found in _PEM.finditer(text):
        body = found.group(2)
        head, blank, rest = body.partition(b"\n\n")
        if blank and b":" in head:
            body = rest
        try:
            return b64decode(b"".join(body.split()), validate=True)
        except (binascii.Error, ValueError):
            continue
    return None


def _split_der(block: bytes) -> list[bytes]:
    """Cut certificates that follow each other; what does not look like one stays as a piece that fails to parse."""
    pieces: list[bytes] = []
    while block:
        size = _der_size(block)
        pieces.append(block[:size])
        block = block[size:]
    return pieces or [b""]


def _der_size(block: bytes) -> int:
    if len(block) < 2 or block[0] != _SEQUENCE:  # noqa: PLR2004 - a tag and a length byte
        return len(block)
    if block[1] < _LONG_FORM:
        return 2 + block[1]
    width = block[1] - _LONG_FORM
    return 2 + width + int.from_bytes(block[2 : 2 + width], "big")
