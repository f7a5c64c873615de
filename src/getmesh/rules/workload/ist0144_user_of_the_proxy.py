"""IST0144: an application runs as the user that is the proxy's own."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import control_plane
from getmesh.model.objects import Object, as_list, as_map, as_number
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot

PROXY_USER: Final = 1337
_OWN: Final = frozenset({"istio-proxy", "istio-operator"})

META = RuleMeta(
    code="IST0144",
    name="workload-runs-as-proxy",
    severity=Severity.WARNING,
    title="Application runs as the proxy's user",
    means="The Pod or one of its containers runs as user 1337, which is reserved for the Istio proxy.",
    why="Traffic of that user is never redirected, so the application's requests go around the proxy and its policies.",
    fix="Run the application as another user than 1337.",
    message="{whom} runs as user 1337, which is the proxy's",
    reads=("Deployment", "Pod"),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0144/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each place where that user is set; parts of Istio are spared."""
    for kind, prefix in (("Deployment", ("spec", "template", "spec")), ("Pod", ("spec",))):
        for workload in snapshot.each(kind):
            if not control_plane(workload):
                yield from _judge(workload, prefix)


def _judge(workload: Object, prefix: Path) -> Iterator[Finding]:
    spec = workload.spec if len(prefix) == 1 else as_map(as_map(workload.spec.get("template")).get("spec"))
    if _user(spec) == PROXY_USER:
        yield META.on(workload, (*prefix, "securityContext", "runAsUser"), whom="the pod")
    for index, container in enumerate(map(as_map, as_list(spec.get("containers")))):
        if container.get("name") not in _OWN and _user(container) == PROXY_USER:
            path = (*prefix, "containers", index, "securityContext", "runAsUser")
            yield META.on(workload, path, whom=f"container '{container.get('name') or index}'")


def _user(holder: object) -> int:
    return as_number(as_map(as_map(holder).get("securityContext")).get("runAsUser"))
