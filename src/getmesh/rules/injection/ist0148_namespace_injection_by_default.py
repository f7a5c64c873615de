"""IST0148: a namespace is injected although it carries no label."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.injector import INJECTOR, InjectorConfigs
from getmesh.model.membership import undecided
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0148",
    name="namespace-injection-by-default",
    severity=Severity.INFO,
    title="Namespace is injected by default, without a label",
    means="The injector is set to take every namespace that carries no label, and this one carries none.",
    why="Its Pods get a sidecar that nobody asked for here, and lose it when the injector's default changes.",
    fix=(
        "Label the namespace istio-injection=enabled or istio-injection=disabled, so that it says itself what it wants."
    ),
    message="namespace {namespace!r} has no injection label, but the injector takes such namespaces by default",
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
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0148/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each undecided namespace, if the default injector takes those."""
    if not snapshot.service(InjectorConfigs).enabled_by_default(INJECTOR):
        return
    for namespace in snapshot.each("Namespace"):
        if undecided(namespace):
            yield META.on(namespace, namespace=namespace.name)
