"""IST0102: nobody decided whether a namespace is in the mesh."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.injector import INJECTOR, InjectorConfigs
from getmesh.model.membership import undecided
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0102",
    name="namespace-not-injected",
    severity=Severity.INFO,
    title="Namespace has no label that decides about injection",
    means="The namespace carries neither an injection label nor a revision, and the injector takes only labelled ones.",
    why="Its Pods start without a sidecar, so mutual TLS, policies, routing and telemetry leave them out.",
    fix=(
        "Label the namespace istio-injection=enabled or istio.io/rev=<revision> if its Pods belong to the mesh, "
        "or istio-injection=disabled if they do not, and restart the Pods."
    ),
    message="namespace {namespace!r} has no label that enables or disables injection",
    reads=("Namespace",),
    uses=(InjectorConfigs,),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It keeps the injector's default of one namespace for later ones when a ConfigMap is missing, "
            "in random order.",
            "Each namespace is judged by the default injector alone, so the order of objects does not matter.",
        ),
        Difference(
            "istioctl",
            "It crashes when the injector's values do not hold enableNamespacesByDefault.",
            "A missing or odd value reads as false, as the injector itself reads it.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0102/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each undecided namespace, unless the injector takes undecided ones."""
    if snapshot.service(InjectorConfigs).enabled_by_default(INJECTOR):
        return
    for namespace in snapshot.each("Namespace"):
        if undecided(namespace):
            yield META.on(namespace, ("metadata", "name"), namespace=namespace.name)
