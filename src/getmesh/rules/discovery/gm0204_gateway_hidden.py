"""GM0204: the proxies of a Gateway run in a namespace that is not discovered."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.hiddengateways import HiddenGateways
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0204",
    name="gateway-proxies-hidden",
    severity=Severity.ERROR,
    title="The proxies of a Gateway run where istiod does not look",
    means="All workloads that the Gateway selects are in namespaces that no discovery selector matches.",
    why=(
        "The gateway's Service is unknown to istiod, so port 80 is no longer translated to the port that the pod"
        " listens on: listeners land on privileged ports, or nowhere in a pod without privileges."
    ),
    fix="Give the gateway's namespace a label that one of the selectors asks for.",
    message="the proxies of this Gateway are in namespace '{namespace}', which matches no discovery selector",
    reads=(),
    uses=(HiddenGateways,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Gateway whose proxies are all hidden."""
    for gateway, namespace in snapshot.service(HiddenGateways).found:
        yield META.on(gateway, ("spec", "selector"), namespace=namespace)
