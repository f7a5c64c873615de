"""IST0144: an application runs as the user that is the proxy's own."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import control_plane
from getmesh.model.objects import Object, as_list, as_map, as_number, as_text
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
    for deployment in snapshot.each("Deployment"):
        template = as_map(deployment.spec.get("template"))
        yield from _judge(deployment, as_map(template.get("spec")), ("spec", "template", "spec"))
    for pod in snapshot.each("Pod"):
        yield from _judge(pod, pod.spec, ("spec",))


def _judge(workload: Object, spec: Mapping[str, Any], prefix: Path) -> Iterator[Finding]:
    found: list[tuple[Path, str]] = []
    if "securityContext" in spec and _user(spec) == PROXY_USER:
        found.append((prefix, "the pod"))
    for index, container in enumerate(as_list(spec.get("containers"))):
        if isinstance(container, dict) and "securityContext" in container and _user(container) == PROXY_USER:
            name = as_text(container.get("name"))
            if name not in _OWN:
                found.append(((*prefix, "containers", index), f"container '{name or index}'"))
    if found and not control_plane(workload):
        for path, whom in found:
            yield META.on(workload, (*path, "securityContext", "runAsUser"), whom=whom)


def _user(holder: Mapping[str, Any]) -> int:
    return as_number(as_map(holder["securityContext"]).get("runAsUser"))
