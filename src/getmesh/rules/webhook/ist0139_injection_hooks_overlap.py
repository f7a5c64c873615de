"""IST0139: two injection hooks take the same Pods, or a hook calls a Service that is not there."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.hookoverlaps import HookOverlaps
from getmesh.model.istioctl_view import IGNORED_NAMESPACES
from getmesh.model.objects import as_map, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.webhooks import Injectors

META = RuleMeta(
    code="IST0139",
    name="webhook-injection-broken",
    severity=Severity.ERROR,
    title="Injection webhooks overlap, or call a Service that does not exist",
    means="A hook of an injector would take the same Pods as another one, or its clientConfig names a missing Service.",
    why=(
        "Overlapping hooks inject twice or by the wrong revision; a hook without a Service makes the "
        "creation of Pods fail "
        "or leaves them without a sidecar."
    ),
    fix=(
        "Remove the injector or tag that is left over, or narrow the selectors; if the Service is missing, install the "
        "control plane that the hook belongs to or remove its configuration."
    ),
    message="hook {hook!r} {problem}",
    reads=("Service",),
    uses=(Injectors, HookOverlaps),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It cannot see Services in kube-system and calls those that hooks name there missing.",
            "Namespaces that analysis leaves out are not searched, so nothing is said about Services in them.",
        ),
        Difference(
            "istioctl",
            "On a cluster it drops configurations that carry the label of another revision before it looks "
            "for overlaps.",
            "All configurations are judged together, for revisions overlap with one another most of all.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0139/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each hook that meets others, and for each whose Service is missing."""
    for hook, others in snapshot.service(HookOverlaps).overlaps:
        problem = f"takes the same pods as {', '.join(others)}"
        yield META.on(hook.configuration, ("webhooks", hook.position), hook=hook.name, problem=problem)
    for hook in snapshot.service(Injectors).hooks:
        service = as_map(hook.value.get("clientConfig")).get("service")
        if not isinstance(service, dict):
            continue
        namespace, name = as_text(service.get("namespace")), as_text(service.get("name"))
        if namespace not in IGNORED_NAMESPACES and not snapshot.has("Service", namespace, name):
            path = ("webhooks", hook.position, "clientConfig", "service")
            problem = f"calls the service '{namespace}/{name}', which does not exist"
            yield META.on(hook.configuration, path, hook=hook.name, problem=problem)
