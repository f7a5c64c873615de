"""Every bundle that istiod would take although peers refuse it is caught, each for its own reason."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.fitness import judge
from getmesh.ca.handshake import prove
from getmesh.ca.lints import lint
from getmesh.ca.problems import Problem, errors
from tests.fakes.authorities import NO_SIGN, NOW, Authority, bundle_of, good_bundle, make, make_key, name

ROOT = make("root", days=3650)
MIDDLE = make("middle", ROOT, days=1800)
SHORT = 1024
RSA = rsa.generate_private_key(65537, 2048)


def ca(issuer: Authority = ROOT, **changes: object) -> Authority:
    return make("mesh ca", issuer, **{"length": 0, **changes})  # type: ignore[arg-type]  # any argument of make


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


def rooted(**changes: object) -> Bundle:
    root = make("other root", days=3650, **changes)  # type: ignore[arg-type]  # any argument of make
    return bundle_of(ca(root), root)


def _two_roots() -> Bundle:
    one = bundle_of(ca(), ROOT)
    return one.with_root(one.root + make("foreign", days=3650).pem)


def _no_root() -> Bundle:
    return bundle_of(ca(), ROOT).with_root(b"\n")


GOOD: dict[str, Callable[[], Bundle]] = {
    "P-256 below one root": lambda: bundle_of(ca(), ROOT),
    "P-384": lambda: bundle_of(ca(key=make_key("p-384")), ROOT),
    "RSA 2048": lambda: bundle_of(ca(key=RSA), ROOT),
    "RSA 3072": lambda: bundle_of(ca(key=make_key("rsa-3072")), ROOT),
    "PKCS#1 key": lambda: bundle_of(
        (one := ca(key=RSA)),
        ROOT,
        key=one.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    ),
    "SEC 1 key": lambda: bundle_of(
        (one := ca()),
        ROOT,
        key=one.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    ),
    "three levels": lambda: bundle_of(ca(MIDDLE), MIDDLE, ROOT),
    "the root stands in the chain too": lambda: bundle_of((one := ca()), ROOT, chain=one.pem + ROOT.pem),
    "no key usage at all": lambda: bundle_of(ca(usage=None), ROOT),
    "both authentication usages": lambda: bundle_of(ca(extended=[Usage.SERVER_AUTH, Usage.CLIENT_AUTH]), ROOT),
    "text before the PEM": lambda: bundle_of((one := ca()), ROOT, certificate=b"a CA\n" + one.pem),
    "CRLF": lambda: bundle_of((one := ca()), ROOT, certificate=one.pem.replace(b"\n", b"\r\n")),
    "a second root": lambda: bundle_of(ca(), ROOT, root=ROOT),
    "a foreign root beside the right one": _two_roots,
    "a root of path length one": lambda: rooted(length=1),
    "a revocation list of the CA": lambda: bundle_of((one := ca()), ROOT, crl=one.crl()),
}


def _p521() -> Bundle:
    return bundle_of(ca(key=make_key("p-521")), ROOT)


def _same_names() -> Bundle:
    issuer = make("Istio CA", days=3650)
    return bundle_of(make("", issuer, subject_name=name("Istio CA"), identifiers=False, length=0), issuer)


def _constrained() -> Bundle:
    limits = x509.NameConstraints(permitted_subtrees=[x509.DNSName("corp.example")], excluded_subtrees=None)
    root = make("strict root", days=3650, extra=[limits])
    names = x509.SubjectAlternativeName([x509.DNSName("ca.istio.io")])
    return bundle_of(make("mesh ca", root, length=0, extra=[names]), root)


def _uri_constrained() -> Bundle:
    limits = x509.NameConstraints(
        permitted_subtrees=[x509.UniformResourceIdentifier("corp.example")], excluded_subtrees=None
    )
    root = make("strict root", days=3650, extra=[limits])
    return bundle_of(make("mesh ca", root, length=0), root)


def _expired(days: float = 365, starts: float = -1) -> Bundle:
    return bundle_of(ca(days=days, starts=starts), ROOT)


def _tls(newline: bool) -> Bundle:
    one = ca(MIDDLE)
    text = one.pem + MIDDLE.pem
    data = {"tls.crt": text if newline else text.rstrip(), "tls.key": one.key_pem, "ca.crt": ROOT.pem}
    return from_data(data)


BAD: dict[str, tuple[str, Callable[[], Bundle]]] = {
    "RSA 1024": ("key-weak", lambda: bundle_of(ca(key=rsa.generate_private_key(65537, SHORT)), ROOT)),
    "root of RSA 1024": ("key-weak", lambda: rooted(key=rsa.generate_private_key(65537, SHORT))),
    "Ed25519": ("key-family", lambda: bundle_of(ca(key=make_key("ed25519")), ROOT)),
    "Ed25519 root": ("key-family", lambda: rooted(key=make_key("ed25519"))),
    "encrypted key": (
        "key-encrypted",
        lambda: bundle_of(
            (one := ca()),
            ROOT,
            key=one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
        ),
    ),
    "curve parameters first": (
        "key-not-first",
        lambda: bundle_of(
            (one := ca()),
            ROOT,
            key=b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + one.key_pem,
        ),
    ),
    "another key": ("key-mismatch", lambda: bundle_of(ca(), ROOT, key=ca().key_pem)),
    "no key in the key": ("key-unreadable", lambda: bundle_of(ca(), ROOT, key=b"junk")),
    "root before CA": ("key-mismatch", lambda: bundle_of((one := ca()), ROOT, certificate=ROOT.pem + one.pem)),
    "no certificate": ("certificate-unreadable", lambda: bundle_of(ca(), ROOT, certificate=b"junk")),
    "empty chain": ("chain-empty", lambda: bundle_of(ca(), ROOT, chain=b"")),
    "garbage as chain": ("chain-unreadable", lambda: bundle_of(ca(), ROOT, chain=b"junk")),
    "chain of the root alone": ("chain-without-ca", lambda: bundle_of(ca(), ROOT, chain=ROOT.pem)),
    "chain without the middle": ("chain-incomplete", lambda: bundle_of((one := ca(MIDDLE)), ROOT, chain=one.pem)),
    "the middle as root": ("root-not-self-signed", lambda: bundle_of(ca(MIDDLE), MIDDLE)),
    "root of path length zero": ("path-length", lambda: rooted(length=0)),
    "middle of path length zero": (
        "path-length",
        lambda: bundle_of(ca(mid := make("mid", ROOT, length=0)), mid, ROOT),
    ),
    "may not sign": ("no-cert-sign", lambda: bundle_of(ca(usage=NO_SIGN), ROOT)),
    "client usage alone": ("extended-usage", lambda: bundle_of(ca(extended=[Usage.CLIENT_AUTH]), ROOT)),
    "code signing": ("extended-usage", lambda: bundle_of(ca(extended=[Usage.CODE_SIGNING]), ROOT)),
    "any usage": ("extended-usage", lambda: bundle_of(ca(extended=[Usage.ANY_EXTENDED_KEY_USAGE]), ROOT)),
    "no CA": ("not-a-ca", lambda: bundle_of(ca(constraints=x509.BasicConstraints(False, None)), ROOT)),
    "no basic constraints": ("not-a-ca", lambda: bundle_of(ca(constraints=None), ROOT)),
    "expired": ("expired", lambda: _expired(days=-1)),
    "not yet valid": ("not-yet-valid", lambda: _expired(starts=10)),
    "expired root": ("expired", lambda: bundle_of(ca(old := make("old root", days=-1)), old)),
    "wrong root": ("chain-incomplete", lambda: bundle_of(ca(), ROOT, root=make("stranger", days=3650))),
    "empty root": ("root-unreadable", _no_root),
    "names outside of the constraints": ("name-constraints", _constrained),
    "constraints that shut SPIFFE out": ("handshake", _uri_constrained),
    "the issuer's own name": ("equal-names", _same_names),
    "tls.crt without a line break": ("no-final-newline", lambda: _tls(newline=False)),
    "no list of the root in the chain": (
        "crl-missing",
        lambda: bundle_of((one := ca()), ROOT, chain=one.pem + ROOT.pem, crl=one.crl()),
    ),
    "an old list": ("crl-expired", lambda: bundle_of((one := ca()), ROOT, crl=one.crl(days=-1))),
    "no list at all": ("crl-unreadable", lambda: bundle_of(ca(), ROOT, crl=b"junk")),
    "somebody else's list": (
        "crl-signature",
        lambda: bundle_of((one := ca()), ROOT, crl=Authority(one.certificate, make_key()).crl()),
    ),
    "a CA that its issuer revoked": (
        "revoked",
        lambda: bundle_of((one := ca(MIDDLE)), MIDDLE, ROOT, crl=one.crl() + MIDDLE.crl(one.certificate.serial_number)),
    ),
}

WARNED: dict[str, tuple[str, Callable[[], Bundle]]] = {
    "P-521": ("key-unusual", _p521),
    "outlives its root": ("outlives-issuer", lambda: bundle_of(ca(short := make("short", days=200)), short)),
    "root first in the chain": ("chain-order", lambda: bundle_of((one := ca()), ROOT, chain=ROOT.pem + one.pem)),
    "two certificates as CA": (
        "certificate-extra",
        lambda: bundle_of((one := ca()), ROOT, certificate=one.pem + ROOT.pem),
    ),
    "no key identifiers": ("key-identifiers", lambda: bundle_of(ca(identifiers=False), ROOT)),
    "constraints not critical": ("constraints-not-critical", lambda: bundle_of(ca(critical=False), ROOT)),
    "ends soon": ("ends-soon", lambda: _expired(days=10, starts=-355)),
    "lives ten years": ("long-life", lambda: _expired(days=3600)),
    "an expired root beside the right one": (
        "root-expired-extra",
        lambda: (one := bundle_of(ca(), ROOT)).with_root(one.root + make("old", days=-1).pem),
    ),
    "signs with the root": ("signs-with-root", lambda: bundle_of(ROOT, ROOT)),
    "no final line break": ("no-final-newline", lambda: bundle_of((one := ca()), ROOT, certificate=one.pem.rstrip())),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_every_peer_takes_has_no_error(case: str) -> None:
    assert errors(judge(GOOD[case](), NOW)) == []


@pytest.mark.parametrize("case", BAD)
def test_what_some_peer_refuses_is_an_error_of_its_own(case: str) -> None:
    code, make_bundle = BAD[case]
    assert code in codes(errors(judge(make_bundle(), NOW)))


@pytest.mark.parametrize("case", WARNED)
def test_what_works_but_should_not_be_is_a_warning(case: str) -> None:
    code, make_bundle = WARNED[case]
    found = judge(make_bundle(), NOW)
    assert code in codes(found)
    assert errors(found) == []


PEERS_REFUSE = (
    "empty chain",
    "chain of the root alone",
    "chain without the middle",
    "the middle as root",
    "root of path length zero",
    "middle of path length zero",
    "may not sign",
    "client usage alone",
    "code signing",
    "any usage",
    "no CA",
    "expired",
    "not yet valid",
    "wrong root",
    "RSA 1024",
    "the issuer's own name",
    "constraints that shut SPIFFE out",
    "expired root",
)


@pytest.mark.parametrize("case", PEERS_REFUSE)
def test_a_real_handshake_says_the_same(case: str) -> None:
    assert codes(prove(BAD[case][1](), NOW)) == {"handshake"}


def test_every_error_has_a_message_of_its_own() -> None:
    texts: dict[str, str] = {}
    for code, make_bundle in BAD.values():
        texts[code] = next(problem.message for problem in judge(make_bundle(), NOW) if problem.code == code)
    assert len(set(texts.values())) == len(texts)


@pytest.mark.parametrize("missing", ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"])
def test_part_of_a_ca_is_refused_as_istiod_does(missing: str) -> None:
    data = good_bundle().data()
    del data[missing]
    assert "incomplete" in codes(errors(judge(from_data(data), NOW)))


def test_a_secret_of_certificates_is_read_as_istiod_joins_it() -> None:
    assert errors(judge(_tls(newline=True), NOW)) == []


def test_the_tls_layout_wins_when_both_are_there() -> None:
    other = good_bundle("other")
    both = other.data() | _tls(newline=True).data(tls=True)
    assert from_data(both).tls


def test_a_key_never_shows_in_a_representation() -> None:
    assert "PRIVATE" not in repr(good_bundle())


def test_dates_are_judged_at_the_moment_given() -> None:
    bundle = good_bundle()
    assert "expired" in codes(lint(bundle, NOW + timedelta(days=400)))


def test_a_curve_of_the_ca_does_not_matter_to_the_leaf() -> None:
    assert isinstance(ca().key, ec.EllipticCurvePrivateKey)
    assert prove(bundle_of(ca(key=RSA), ROOT), NOW) == []
