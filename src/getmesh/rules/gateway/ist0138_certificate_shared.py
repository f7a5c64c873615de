"""IST0138: Gateways on the same pods use the same certificate."""

from collections.abc import Iterator
from typing import TypeAlias

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.analysis.wording import others
from getmesh.model.gateways import selector, servers
from getmesh.model.objects import Object, as_map, as_text
from getmesh.model.selectors import Labels, matches, selector_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0138",
    name="gateway-certificate-shared",
    severity=Severity.WARNING,
    title="Gateways on the same pods use the same certificate",
    means="Another Gateway, whose pods are among those of this one, has a server with the same certificate.",
    why="A browser reuses its HTTP/2 connection for every host of the certificate, but the routes of the other "
    "Gateway are not bound to the server that it was opened to: it gets 404.",
    fix="Use one Gateway with a wildcard host for the certificate, or one certificate for each host.",
    message="certificate {certificate} is used by Gateway {names} on the same pods as well",
    reads=("Gateway",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0138/",
)

Certificate: TypeAlias = tuple[str, ...]
"""A credential's name, or the paths of certificate and key."""


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Gateway and certificate; with unequal selectors the wider one is accused alone."""
    buckets: dict[Certificate, dict[str, tuple[Labels, list[Object]]]] = {}
    for gateway in snapshot.each("Gateway"):
        labels = selector(gateway)
        for certificate in _certificates(gateway):
            bucket = buckets.setdefault(certificate, {})
            bucket.setdefault(selector_text(labels), (labels, []))[1].append(gateway)
    for certificate, bucket in buckets.items():
        for labels, gateways in bucket.values():
            within = {
                gateway.full_name: gateway
                for its, members in bucket.values()
                if matches(labels, its)
                for gateway in members
            }
            if len(within) > 1:
                yield from _share(certificate, gateways, within)


def _share(certificate: Certificate, gateways: list[Object], within: dict[str, Object]) -> Iterator[Finding]:
    names = sorted(within)
    for gateway in gateways:
        first, text_of_others = others(names, gateway.full_name)
        related = tuple(Related(within[name], ("spec", "servers"), "uses it too") for name in first)
        text = " with key ".join(map(repr, certificate))
        yield META.on(gateway, ("metadata", "name"), related=related, certificate=text, names=text_of_others)


def _certificates(gateway: Object) -> set[Certificate]:
    found: set[Certificate] = set()
    for server in servers(gateway):
        tls = as_map(server.get("tls"))
        credential = as_text(tls.get("credentialName"))
        certificate, key = as_text(tls.get("serverCertificate")), as_text(tls.get("privateKey"))
        if credential:
            found.add((credential,))
        elif certificate and key:
            found.add((certificate, key))
    return found
