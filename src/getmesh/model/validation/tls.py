"""TLS settings of clients (DestinationRule) and servers (Gateway, Sidecar)."""

from itertools import product
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation.faults import Faults

_SUITES: Final = frozenset({
    *(f"ECDHE-{key}-{cipher}" for key, cipher in product(("ECDSA", "RSA"), (
        "AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-SHA", "AES256-SHA",
    ))),
    "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA", "ALL", "",
})  # fmt: skip
PASSTHROUGH: Final = frozenset({"PASSTHROUGH", "AUTO_PASSTHROUGH"})
_TERMINATING: Final = frozenset({"SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"})
_OWN_FILES: Final = (
    "serverCertificate", "privateKey", "caCertificates", "tlsCertificates", "credentialName", "credentialNames",
)  # fmt: skip
_CONFIG_MAP: Final = "configmap://"
_MAX_CERTIFICATES: Final = 2


def client(tls: dict[str, Any] | None, namespace: str, path: Path, faults: Faults) -> None:
    """Check how a client begins TLS."""
    if tls is None:
        return
    mode, credential = tls.get("mode", "DISABLE"), tls.get("credentialName", "")
    if credential.startswith(_CONFIG_MAP):
        parts = credential.removeprefix(_CONFIG_MAP).split("/")
        if len(parts) < 2 or not parts[0] or not parts[1]:  # noqa: PLR2004 - namespace and name
            faults.error((*path, "credentialName"), f"{credential!r} is no configmap://NAMESPACE/NAME")
        elif parts[0] != namespace:
            faults.error((*path, "credentialName"), f"{credential!r} is not in the namespace of the object")
    if tls.get("insecureSkipVerify"):
        against = ["caCertificates", "subjectAltNames"] + (["credentialName"] if mode == "SIMPLE" else [])
        if mode in ("SIMPLE", "MUTUAL") and any(tls.get(field) for field in against):
            faults.error((*path, "insecureSkipVerify"), "verification is skipped, yet something to verify is given")
    if credential and mode in ("SIMPLE", "MUTUAL"):
        given = [f for f in ("clientCertificate", "caCertificates", "privateKey", "caCrl") if tls.get(f)]
        if given:
            faults.error((*path, given[0]), f"{given[0]} cannot stand beside credentialName")
    elif mode == "MUTUAL":
        for field in ("clientCertificate", "privateKey"):
            if not tls.get(field):
                faults.error((*path, field), f"mode MUTUAL needs {field}")


def server(tls: dict[str, Any] | None, path: Path, faults: Faults) -> None:
    """Check how a server ends TLS."""
    if tls is None:
        return
    mode = tls.get("mode", "PASSTHROUGH")
    _suites(tls, path, faults)
    if mode == "ISTIO_MUTUAL":
        for field in _OWN_FILES:
            if tls.get(field):
                faults.error((*path, field), f"mode ISTIO_MUTUAL brings its own certificates, {field} is not allowed")
        return
    if mode in PASSTHROUGH and (given := [field for field in (*_OWN_FILES, "caCrl") if tls.get(field)]):
        faults.warn((*path, given[0]), f"mode {mode} leaves TLS alone, so {given[0]} has no effect")
    sources = (
        bool(tls.get("serverCertificate") and tls.get("privateKey")), bool(tls.get("credentialName")),
        bool(tls.get("credentialNames")), bool(tls.get("tlsCertificates")),
    )  # fmt: skip
    if sum(sources) > 1:
        faults.error(path, "certificates are given in more than one way")
    if mode in _TERMINATING:
        if tls.get("credentialName") or tls.get("credentialNames"):
            return
        _certificates(tls, mode, path, faults)
    if tls.get("caCrl"):
        if tls.get("credentialName"):
            faults.error((*path, "caCrl"), "caCrl cannot stand beside credentialName")
        if mode == "SIMPLE":
            faults.error((*path, "caCrl"), "mode SIMPLE asks for no client certificate, so caCrl is not allowed")


def _certificates(tls: dict[str, Any], mode: str, path: Path, faults: Faults) -> None:
    if mode != "SIMPLE" and not tls.get("caCertificates"):
        faults.error((*path, "caCertificates"), f"mode {mode} needs caCertificates or a credential")
    pairs = tls.get("tlsCertificates", ())
    if len(pairs) > _MAX_CERTIFICATES:
        faults.warn((*path, "tlsCertificates"), "more than two certificates: only the first two count")
    for place, pair in [((*path, "tlsCertificates", index), pair) for index, pair in enumerate(pairs)] or [(path, tls)]:
        for field in ("serverCertificate", "privateKey"):
            if not pair.get(field):
                faults.error((*place, field), f"mode {mode} needs {field} or a credential")


def _suites(tls: dict[str, Any], path: Path, faults: Faults) -> None:
    suites = tls.get("cipherSuites", ())
    if tls.get("minProtocolVersion") in ("TLSV1_0", "TLSV1_1") and not suites:
        faults.warn((*path, "minProtocolVersion"), "TLS below 1.2 needs cipherSuites that it knows")
    seen = set()
    for index, suite in enumerate(suites):
        special = suite[:1].isascii() and suite[:1] != "" and not suite[:1].isalnum()
        if suite not in _SUITES and not special:
            faults.warn((*path, "cipherSuites", index), f"cipher suite {suite!r} is unknown and left out")
        elif suite in seen:
            faults.warn((*path, "cipherSuites", index), f"cipher suite {suite!r} is listed twice")
        seen.add(suite)
