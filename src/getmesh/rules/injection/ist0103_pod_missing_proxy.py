"""IST0103: a Pod runs without a sidecar in a namespace whose Pods get one."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import DATAPLANE, INJECT, INJECTION, Membership, proxy_image
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0103",
    name="pod-missing-proxy",
    severity=Severity.WARNING,
    title="Pod has no sidecar although its namespace is injected",
    means="The namespace enables injection and the Pod does not opt out, yet no container runs the Istio proxy.",
    why="The Pod takes no part in mutual TLS, and routing rules and policies for it have no effect.",
    fix=(
        "Restart the Pod, for most often it is older than the label; if it stays without a proxy, look at "
        "the injector's "
        "webhook, or opt out with the label sidecar.istio.io/inject=false."
    ),
    message="pod {pod!r} has no Istio proxy, though injection is enabled in its namespace",
    reads=("Pod",),
    uses=(Membership,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0103/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Pod that lacks a proxy; namespaces with a revision alone are not looked at."""
    membership = snapshot.service(Membership)
    injected: dict[str, bool] = {}
    for pod in snapshot.each("Pod"):
        namespace = pod.namespace
        if namespace not in injected:
            labels = membership.labels(namespace)
            injected[namespace] = (
                labels.get(INJECTION) == "enabled"
                and labels.get(DATAPLANE) != "ambient"
                and namespace != "istio-system"
            )
        if injected[namespace] and not _excused(pod) and not proxy_image(pod.spec, ("containers", "initContainers")):
            yield META.on(pod, ("metadata", "name"), pod=pod.full_name)


def _excused(pod: Object) -> bool:
    """Whether the Pod opts out, where a label beats an annotation, or shares the network of its node."""
    wish = pod.labels[INJECT] if INJECT in pod.labels else pod.annotations.get(INJECT, "")
    return wish.lower() == "false" or pod.spec.get("hostNetwork") is True
