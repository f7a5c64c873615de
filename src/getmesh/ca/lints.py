"""Whether a bundle is fit for Istio: what istiod refuses, and what it accepts although peers refuse it.

istiod verifies ``ca-cert.pem`` as a leaf (``security/pkg/pki/util/keycertbundle.go``): it never counts path
lengths down to a workload, never looks at key usage, and is content with a chain that no peer can complete.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from getmesh.ca import pem
from getmesh.ca.bundle import CERTIFICATE, CHAIN, KEY, ROOT, TLS_CERTIFICATE, Bundle
from getmesh.ca.lint_certificates import each_certificate, names_within_constraints, path_lengths
from getmesh.ca.lint_crl import revocations
from getmesh.ca.problems import Problem, warning


def lint(bundle: Bundle, now: datetime) -> list[Problem]:
    """Give everything wrong with a bundle by the look of it; errors first, then in the order of the files."""
    found = list(_problems(bundle, now))
    return sorted(found, key=lambda problem: problem.severity != "error")


def _problems(bundle: Bundle, now: datetime) -> Iterator[Problem]:
    for name in bundle.missing:
        yield Problem("incomplete", f"{name} is missing: istiod 1.26 and later refuse to start with part of a CA")
    yield from _texts(bundle)
    signer = bundle.signer
    if signer is None:
        if bundle.certificate:
            yield Problem("certificate-unreadable", f"{CERTIFICATE}: the first PEM block is no certificate")
        return
    yield from _key(bundle)
    if not bundle.roots:
        if bundle.root:
            yield Problem("root-unreadable", f"{ROOT} holds no certificate")
        return
    yield from _roots(bundle, now)
    yield from _chain(bundle)
    path = pem.path_to_root(signer, bundle.between, bundle.roots)
    if path is None:
        yield Problem(
            "chain-incomplete",
            f"no chain leads from {pem.label(signer)} through {CHAIN} to a certificate of {ROOT}",
        )
        path = [signer]
    else:
        yield from path_lengths(path)
        yield from names_within_constraints(path)
        yield from _outliving(path)
    for index, certificate in enumerate(path):
        role = "signing certificate" if index == 0 else ("root" if index == len(path) - 1 else "issuer")
        yield from each_certificate(certificate, role, now)
    yield from revocations(bundle, now)


def _texts(bundle: Bundle) -> Iterator[Problem]:
    """Look at the texts: what cannot be read, and what runs into the next file where istiod joins them."""
    if bundle.chain.strip() and not bundle.tls and not pem.is_readable(bundle.chain):
        yield Problem("chain-unreadable", f"{CHAIN} holds something that is no certificate; istiod fails at its start")
    if bundle.tls and bundle.root and b"-----END CERTIFICATE----------BEGIN" in bundle.chain:
        yield Problem(
            "no-final-newline",
            f"{TLS_CERTIFICATE} does not end with a line break: istiod joins it with the root into one broken text",
        )
    elif not bundle.tls:
        parts = ((CERTIFICATE, bundle.certificate), (CHAIN, bundle.chain), (ROOT, bundle.root))
        for name, text in parts:
            if text and not text.endswith(b"\n"):
                yield warning("no-final-newline", f"{name} does not end with a line break; joined texts will break")
    if not bundle.tls and len(pem.certificates(bundle.certificate)) > 1:
        yield warning("certificate-extra", f"{CERTIFICATE} holds several certificates; istiod reads the first one only")
    if bundle.root and not pem.is_readable(bundle.root) and bundle.roots:
        yield warning("root-extra", f"{ROOT} holds something that is no certificate beside the roots")


def _key(bundle: Bundle) -> Iterator[Problem]:
    if not bundle.key:
        return
    first = next(iter(pem.blocks(bundle.key)), None)
    if first is None:
        yield Problem("key-unreadable", f"{KEY} holds no PEM block")
        return
    if "ENCRYPTED" in first.label or b"ENCRYPTED" in first.text[:200]:
        yield Problem("key-encrypted", f"{KEY} is encrypted; istiod takes plain keys only")
        return
    if first.label not in {"EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY"}:
        yield Problem("key-not-first", f"{KEY} begins with a block {first.label!r}; istiod reads the first one only")
        return
    try:
        key = load_pem_private_key(first.text, None)
    except (ValueError, TypeError):
        yield Problem("key-unreadable", f"{KEY} is no private key")
        return
    signer = bundle.signer
    if signer is not None and key.public_key() != signer.public_key():
        yield Problem("key-mismatch", f"{KEY} is not the key of {CERTIFICATE} ({pem.label(signer)})")


def _roots(bundle: Bundle, now: datetime) -> Iterator[Problem]:
    signer = bundle.signer
    path = pem.path_to_root(signer, bundle.between, bundle.roots) if signer else None
    anchor = path[-1] if path else None
    if anchor is not None and not pem.is_self_signed(anchor):
        yield Problem(
            "root-not-self-signed",
            f"{ROOT}: {pem.label(anchor)} is an intermediate, not a root; OpenSSL completes no chain with it",
        )
    for root in bundle.roots:
        if root != anchor and root.not_valid_after_utc < now:
            yield warning("root-expired-extra", f"{ROOT}: {pem.label(root)} has expired and can go")
    if signer is not None and path and signer == anchor:
        yield warning(
            "signs-with-root", "the mesh signs with the root itself: its key cannot be replaced without new trust"
        )


def _chain(bundle: Bundle) -> Iterator[Problem]:
    """Look at the order of the chain, and whether peers can see the signing certificate in it at all."""
    signer, chain = bundle.signer, bundle.between
    if signer is None or pem.is_self_signed(signer):
        return
    if not chain:
        if not bundle.chain.strip():
            yield Problem(
                "chain-empty",
                f"{CHAIN} is empty: istiod starts, but peers never see {pem.label(signer)} and refuse every workload",
            )
        return
    if signer not in chain:
        yield Problem(
            "chain-without-ca",
            f"{CHAIN} does not hold {pem.label(signer)}: istiod starts, but peers cannot link workloads to the root",
        )
        return
    if chain[0] != signer:
        yield warning(
            "chain-order",
            f"{CHAIN} should begin with the signing certificate: istiod takes life and metrics from the first one",
        )
    for below, above in pairwise(chain):
        if chain[0] == signer and not pem.is_issued_by(below, above):
            yield warning("chain-order", f"{CHAIN}: {pem.label(above)} did not issue the certificate before it")


def _outliving(path: list[x509.Certificate]) -> Iterator[Problem]:
    for below, above in pairwise(path):
        if below.not_valid_after_utc > above.not_valid_after_utc:
            yield warning(
                "outlives-issuer",
                f"{pem.label(below)} ends {below.not_valid_after_utc:%Y-%m-%d}, after its issuer "
                f"({above.not_valid_after_utc:%Y-%m-%d}), and is worthless from then on",
            )
