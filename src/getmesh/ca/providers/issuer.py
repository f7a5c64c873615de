"""What every issuer can do, and the checks that hold for all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.lint_certificates import extension
from getmesh.ca.order import Wish
from getmesh.errors import ProviderError

Passphrase = Callable[[str], bytes]
"""Gives the passphrase of what is named, from wherever the user keeps it."""


class Request(NamedTuple):
    """A signing request; the private key stays here.

    Attributes:
        csr: PEM.
        public_key: PEM.
        wish: what it asks for.
        token: a UUID that stays the same when this very request is sent again.
    """

    csr: bytes
    public_key: bytes
    wish: Wish
    token: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of an issuer before anything is asked of it.

    Attributes:
        reference: its name for people, such as an ARN.
        issuer: its certificate, None if it does not show one.
        facts: what was found out, one line each.
        warnings: what will not be as wished.
    """

    reference: str
    issuer: x509.Certificate | None = None
    facts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    roots: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Issued:
    """What an issuer gave.

    Attributes:
        certificate: the new CA.
        others: issuers' certificates in any order, the root among them if the issuer knows it.
        roots: anchors, empty if they are to be found among the others.
        reference: the issuer's name for the certificate.
        warnings: what the issuer said or did differently.
    """

    certificate: x509.Certificate
    others: list[x509.Certificate]
    roots: list[x509.Certificate] = field(default_factory=list)
    reference: str = ""
    warnings: tuple[str, ...] = ()


class Issuer(Protocol):
    """Issues intermediate CAs."""

    @property
    def name(self) -> str:
        """The provider's name."""
        ...

    def preflight(self, wish: Wish, now: datetime) -> Terms:
        """Find out, for free and without a trace, whether the issuer can do it.

        Raises:
            GetmeshError: it cannot, or cannot be asked.
        """
        ...

    def issue(self, request: Request) -> Issued:
        """Have the request signed; the same request again gives the same certificate where the issuer can do that.

        Raises:
            GetmeshError: it refused or failed.
        """
        ...


def demand_fitting_issuer(issuer: x509.Certificate, wish: Wish, now: datetime) -> tuple[str, ...]:
    """Let an issuer's certificate pass and give warnings.

    Raises:
        ProviderError: no CA that it issues can serve a mesh.
    """
    faults = list(_faults(issuer, wish, now))
    if faults:
        raise ProviderError(
            f"the issuer {pem.label(issuer)} {'; it '.join(faults)}",
            hint="Nothing was asked of it. Take another issuer, or another common name if the names are the trouble.",
        )
    left = issuer.not_valid_after_utc - now
    if left < timedelta(days=wish.days):
        return (f"the issuer ends in {left.days} days, before the {wish.days} days that are wanted",)
    return ()


def _faults(issuer: x509.Certificate, wish: Wish, now: datetime) -> Iterator[str]:
    if not issuer.not_valid_before_utc <= now < issuer.not_valid_after_utc:
        yield f"is valid only from {issuer.not_valid_before_utc:%Y-%m-%d} to {issuer.not_valid_after_utc:%Y-%m-%d}"
    constraints = extension(issuer, x509.BasicConstraints)
    if constraints is None or not constraints.value.ca:
        yield "is no CA"
    elif constraints.value.path_length == 0:
        yield "has path length 0, so that no CA may stand below it"
    usage = extension(issuer, x509.KeyUsage)
    if usage is not None and not usage.value.key_cert_sign:
        yield "may not sign certificates"
    if issuer.subject == wish.subject.name():
        yield "has the very name that is asked for, and peers would take the new CA for a root"


def read_chain(texts: list[str] | tuple[str, ...], whose: str) -> list[x509.Certificate]:
    """Read certificates of an answer.

    Raises:
        ProviderError: one of them is none.
    """
    found: list[x509.Certificate] = []
    for text in texts:
        data = text.encode()
        if data.strip() and not pem.is_readable(data):
            raise ProviderError(f"{whose} answered with something that is no certificate")
        found += pem.certificates(data)
    return found


def shortened(certificate: x509.Certificate, wish: Wish, now: datetime) -> tuple[str, ...]:
    """Say so if a certificate ends more than a day before it was wanted to."""
    missing = now + timedelta(days=wish.days) - certificate.not_valid_after_utc
    if missing <= timedelta(days=1):
        return ()
    end = certificate.not_valid_after_utc
    return (f"the issuer shortened the life to {end:%Y-%m-%d}, {missing.days} days less than asked for",)
