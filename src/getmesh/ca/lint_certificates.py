"""Faults of single CA certificates, and of a path of them down to a workload."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from getmesh.ca import keys, pem
from getmesh.ca.problems import Problem, warning

E = TypeVar("E", bound=x509.ExtensionType)
_SHORTEST_RSA: Final = 2048
_USUAL_BITS: Final = frozenset({2048, 3072, 4096})
_USUAL_CURVES: Final = frozenset({"secp256r1", "secp384r1"})
_LIFE_DAYS: Final = 731


def extension(certificate: x509.Certificate, kind: type[E]) -> x509.Extension[E] | None:
    """Give an extension of a certificate, None if it has none of that kind."""
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def each_certificate(certificate: x509.Certificate, role: str, now: datetime) -> Iterator[Problem]:
    """Yield the faults of one CA certificate; the role is for the messages."""
    who = f"{role} {pem.label(certificate)}"
    yield from _key(certificate, who)
    yield from _is_ca(certificate, who)
    yield from _usages(certificate, who, role)
    if certificate.subject == certificate.issuer and not pem.is_self_signed(certificate):
        yield Problem(
            "equal-names", f"{who} has the same name as its issuer; OpenSSL takes it for a root that it does not know"
        )
    missing = [
        name
        for name, kind in (("subject", x509.SubjectKeyIdentifier), ("authority", x509.AuthorityKeyIdentifier))
        if extension(certificate, kind) is None and not (name == "authority" and role == "root")
    ]
    if missing and not pem.is_self_signed(certificate):
        yield warning("key-identifiers", f"{who} has no {' and no '.join(missing)} key identifier")
    yield from _life(certificate, who, role, now)


def _key(certificate: x509.Certificate, who: str) -> Iterator[Problem]:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _SHORTEST_RSA:
            yield Problem("key-weak", f"{who} has a key of {key.key_size} bits; OpenSSL refuses less than 2048")
        elif key.key_size not in _USUAL_BITS:
            yield warning("key-unusual", f"{who} has an RSA key of {key.key_size} bits")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _USUAL_CURVES:
            yield warning("key-unusual", f"{who} has a key on {key.curve.name}; not every proxy knows that curve")
    else:
        yield Problem("key-family", f"{who} has a key of family {keys.describe(key)}, which not all peers verify")


def _is_ca(certificate: x509.Certificate, who: str) -> Iterator[Problem]:
    constraints = extension(certificate, x509.BasicConstraints)
    if constraints is None:
        yield Problem("not-a-ca", f"{who} has no basic constraints, so it is no CA")
    elif not constraints.value.ca:
        yield Problem("not-a-ca", f"{who} says that it is no CA")
    elif not constraints.critical:
        yield warning("constraints-not-critical", f"{who}: basic constraints are not critical (RFC 5280, 4.2.1.9)")


def _usages(certificate: x509.Certificate, who: str, role: str) -> Iterator[Problem]:
    usage = extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.value.key_cert_sign:
        yield Problem("no-cert-sign", f"{who} may not sign certificates (key usage); istiod starts, peers refuse")
    extended = extension(certificate, x509.ExtendedKeyUsage)
    if extended is None or role == "root":
        return
    both = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    if not both <= set(extended.value):
        yield Problem(
            "extended-usage",
            f"{who} is limited by its extended key usage; it needs none, or both server and client authentication",
        )


def _life(certificate: x509.Certificate, who: str, role: str, now: datetime) -> Iterator[Problem]:
    if certificate.not_valid_after_utc < now:
        yield Problem("expired", f"{who} expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
    elif certificate.not_valid_before_utc > now:
        yield Problem("not-yet-valid", f"{who} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M}")
    elif pem.wears_thin(certificate, now):
        yield warning("ends-soon", f"{who} ends in {pem.days_left(certificate, now):.0f} days")
    span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    if role == "signing certificate" and span.days > _LIFE_DAYS:
        yield warning("long-life", f"{who} lives {span.days} days; two years are the most that can be advised")


def path_lengths(path: list[x509.Certificate]) -> Iterator[Problem]:
    """Yield the CAs of a path (signing certificate first) whose path length leaves no room for a workload below."""
    for index, certificate in enumerate(path):
        constraints = extension(certificate, x509.BasicConstraints)
        limit = constraints.value.path_length if constraints is not None and constraints.value.ca else None
        below = sum(1 for one in path[:index] if one.subject != one.issuer)
        if limit is not None and below > limit:
            yield Problem(
                "path-length",
                f"{pem.label(certificate)} allows {limit} CAs below it and has {below}: "
                "istiod starts, since it takes its own certificate for a leaf, and peers refuse every workload",
            )


def names_within_constraints(path: list[x509.Certificate]) -> Iterator[Problem]:
    """Yield violations of name constraints by the names of CAs below; those by workloads' names fail the handshake."""
    for index, certificate in enumerate(path):
        constraints = extension(certificate, x509.NameConstraints)
        if constraints is None:
            continue
        for below in path[:index]:
            names = extension(below, x509.SubjectAlternativeName)
            for value in names.value.get_values_for_type(x509.DNSName) if names is not None else ():
                if not _allowed(value, constraints.value, x509.DNSName):
                    yield Problem(
                        "name-constraints", f"{pem.label(certificate)} does not allow the name {value!r} below it"
                    )


def _allowed(value: str, constraints: x509.NameConstraints, kind: type[x509.DNSName]) -> bool:
    def under(trees: list[x509.GeneralName] | None) -> list[bool]:
        return [_below(value, tree.value) for tree in trees or () if isinstance(tree, kind)]

    permitted = under(constraints.permitted_subtrees)
    return not any(under(constraints.excluded_subtrees)) and (not permitted or any(permitted))


def _below(name: str, tree: str) -> bool:
    name, tree = name.lower().rstrip("."), tree.lower().lstrip(".").rstrip(".")
    return not tree or name == tree or name.endswith("." + tree)
