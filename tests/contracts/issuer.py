"""What every issuer keeps to, whoever is behind it: a fake on loopback or a server of flesh and blood.

A module of tests derives from the classes and gives the fixtures that they name.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, assemble
from getmesh.ca.fitness import judge
from getmesh.ca.issuing import token_of
from getmesh.ca.keys import family, private_pem, public_pem
from getmesh.ca.order import Wish
from getmesh.ca.problems import errors
from getmesh.ca.providers.issuer import Issuer, Request
from getmesh.ca.subject import Subject, make_csr
from getmesh.errors import ProviderError
from tests.fakes.authorities import NOW, make

ROOT = make("root", days=3650)
MIDDLE = make("middle", ROOT, days=1800)
SHORT = make("short", days=200)
TIGHT = make("tight", days=3650, length=0)


class Setting(NamedTuple):
    """An issuer, the root above it, and a look at how often it has issued."""

    issuer: Issuer
    root: x509.Certificate
    issued: Callable[[], int]


Maker = Callable[..., Setting]
"""Makes an issuer below a chain of authorities, the direct one first."""


def wish(name: str = "mesh ca", days: int = 100, key: str = "p-256", **fields: Any) -> Wish:
    """Give a wish that every issuer can grant."""
    return Wish(Subject(name, **fields), days, key)


WISH = wish()


def ask(wanted: Wish, reference: str = "test") -> tuple[Request, bytes]:
    """Give a request with a new key, and that key as PEM."""
    key = family(wanted.family).generate()
    csr = make_csr(wanted.subject, key)
    return Request(csr, public_pem(key), wanted, token_of(csr, reference)), private_pem(key)


def request_for(wanted: Wish) -> Request:
    """Give a request whose key does not matter."""
    return ask(wanted)[0]


def issue(issuer: Issuer, wanted: Wish) -> Bundle:
    """Have a CA issued."""
    terms = issuer.preflight(wanted, NOW)
    request, key = ask(wanted, terms.reference)
    issued = issuer.issue(request)
    return assemble(issued.certificate, key, issued.others, issued.roots or list(terms.roots))


def soon() -> datetime:
    """Give a moment at which a certificate made just now counts, whatever was rounded."""
    return datetime.now(UTC) + timedelta(seconds=2)


class IssuerContract:
    """Holds for the ``setting``: an issuer that is its root's own."""

    @pytest.mark.parametrize("key", ["p-256", "rsa-2048"])
    def test_what_it_issues_is_fit_for_a_mesh(self, setting: Setting, key: str) -> None:
        bundle = issue(setting.issuer, wish(key=key))
        assert errors(judge(bundle, soon())) == []
        assert bundle.roots == [setting.root]
        signer = bundle.signer
        assert signer is not None
        assert signer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
        assert "mesh ca" in pem.name_text(signer.subject)

    def test_a_preflight_costs_nothing_and_knows_the_issuer(self, setting: Setting) -> None:
        before = setting.issued()
        terms = setting.issuer.preflight(wish(), NOW)
        assert terms.issuer is not None
        assert setting.root in terms.roots
        assert setting.issued() == before
        issue(setting.issuer, wish())
        assert setting.issued() == before + 1

    def test_the_issuers_own_name_is_refused(self, setting: Setting) -> None:
        before = setting.issued()
        terms = setting.issuer.preflight(wish(), NOW)
        assert terms.issuer is not None
        same = str(terms.issuer.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
        with pytest.raises(ProviderError, match="very name"):
            setting.issuer.preflight(wish(same), NOW)
        assert setting.issued() == before


class RemoteIssuerContract:
    """Holds for what ``remote`` makes: issuers that somebody else keeps."""

    def test_a_ca_below_an_intermediate_gets_the_whole_chain(self, remote: Maker) -> None:
        bundle = issue(remote(MIDDLE, ROOT).issuer, wish())
        assert errors(judge(bundle, soon())) == []
        assert len(bundle.between) >= 2
        assert bundle.roots == [ROOT.certificate]

    def test_an_issuer_without_room_below_is_refused_for_free(self, remote: Maker) -> None:
        setting = remote(TIGHT)
        before = setting.issued()
        with pytest.raises(ProviderError, match="path length 0"):
            setting.issuer.preflight(wish(), NOW)
        assert setting.issued() == before

    def test_an_issuer_that_ends_early_is_told_of(self, remote: Maker) -> None:
        terms = remote(SHORT).issuer.preflight(wish(days=300), NOW)
        assert any("before the 300 days" in text for text in terms.warnings)
