"""Revocation lists of a bundle: istiod wants one of every certificate in the chain."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import CHAIN, CRL, Bundle
from getmesh.ca.problems import Problem, warning


def revocations(bundle: Bundle, now: datetime) -> Iterator[Problem]:
    """Yield the faults of ``ca-crl.pem`` (Istio 1.27 and later); nothing if there is none."""
    if not bundle.crl.strip():
        return
    lists = []
    for block in pem.blocks(bundle.crl):
        try:
            lists.append(x509.load_pem_x509_crl(block.text))
        except ValueError:
            yield Problem("crl-unreadable", f"{CRL} holds a block {block.label!r} that is no revocation list")
    if not lists:
        yield Problem("crl-unreadable", f"{CRL} holds no revocation list")
        return
    for certificate in bundle.between:
        mine = [one for one in lists if one.issuer == certificate.subject]
        if not mine:
            hint = "; leave the root out of the chain" if pem.is_self_signed(certificate) else ""
            yield Problem("crl-missing", f"{CRL} has no list of {pem.label(certificate)}, which is in {CHAIN}{hint}")
        for one in mine:
            yield from _one(one, certificate, now)
    revoked = (cert for cert in bundle.between for one in lists if _revokes(one, cert))
    for certificate in revoked:
        yield Problem("revoked", f"{pem.label(certificate)} is revoked by its issuer")


def uncovered(bundle: Bundle, certificates: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    """Give the authorities that a bundle's lists say nothing of, so that a peer who has the lists refuses them."""
    named = set()
    for block in pem.blocks(bundle.crl):
        with suppress(ValueError):
            named.add(x509.load_pem_x509_crl(block.text).issuer)
    return [one for one in certificates if one.subject not in named]


def _one(one: x509.CertificateRevocationList, issuer: x509.Certificate, now: datetime) -> Iterator[Problem]:
    key = issuer.public_key()
    try:
        valid = one.is_signature_valid(key)  # type: ignore[arg-type]  # families that sign no list raise TypeError
    except TypeError:
        valid = False
    if not valid:
        yield Problem("crl-signature", f"{CRL}: the list of {pem.label(issuer)} is not signed by it")
    if one.next_update_utc is None:
        yield warning("crl-endless", f"{CRL}: the list of {pem.label(issuer)} does not say when the next one comes")
    elif one.next_update_utc < now:
        yield Problem("crl-expired", f"{CRL}: the list of {pem.label(issuer)} ended on {one.next_update_utc:%Y-%m-%d}")


def _revokes(one: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    if one.issuer != certificate.issuer:
        return False
    return one.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
