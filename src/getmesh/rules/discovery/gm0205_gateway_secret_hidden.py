"""GM0205: the certificate of a Gateway is in a namespace that is not discovered."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.hiddengateways import HiddenGateways
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0205",
    name="gateway-secret-hidden",
    severity=Severity.ERROR,
    title="A Gateway's certificate is where istiod does not look",
    means="The Gateway's proxies read the named Secret from their own namespace, and no discovery selector matches it.",
    why="Secrets of hidden namespaces are not read by istiod, so the TLS listener gets no certificate and stays down.",
    fix="Give the gateway's namespace a label that one of the selectors asks for.",
    message="Secret '{secret}' is read from namespace '{namespace}', which matches no discovery selector",
    reads=(),
    uses=(HiddenGateways,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each credential name of a Gateway whose proxies are all hidden."""
    for gateway, namespace in snapshot.service(HiddenGateways).found:
        for place in gateway.select("spec.servers[].tls.credentialName", "spec.servers[].tls.credentialNames[]"):
            if place.text and "://" not in place.text:
                yield META.at(place, secret=place.text, namespace=namespace)
