"""IST0174: a DestinationRule is for a host that nobody knows."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.objects import as_text
from getmesh.model.registry import Registry
from getmesh.model.snapshot import Snapshot
from getmesh.model.visibility import export_to

META = RuleMeta(
    code="IST0174",
    name="destinationrule-host-unresolved",
    severity=Severity.WARNING,
    title="A DestinationRule is for an unknown host",
    means="No Service and no ServiceEntry that the rule sees has this host. A rule with a wildcard over Services, "
    "such as *.shop.svc.cluster.local, is accused as well although it works, for only entries are found by wildcard.",
    why="The settings of the rule, among them mutual TLS and subsets, apply to no traffic.",
    fix="Correct the host, write it in full if the service is in another namespace, or delete the rule.",
    message="host {host!r} is known to no Service or ServiceEntry that namespace {namespace!r} sees",
    reads=("DestinationRule",),
    uses=(Registry,),
    since="0.1",
    twin="KIA0202",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0174/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each rule whose host is unknown; its own exportTo decides where it looks."""
    registry = snapshot.service(Registry)
    for rule in snapshot.each("DestinationRule"):
        host = as_text(rule.spec.get("host"))
        if registry.resolve(rule.namespace, export_to(rule), host) is None:
            yield META.on(rule, ("spec", "host"), host=host, namespace=rule.namespace)
