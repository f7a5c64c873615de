"""IST0140: requests through a gateway go past the subsets that the host's own VirtualService chooses."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.objects import as_list, as_text
from getmesh.model.routes import Routes, Target
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0140",
    name="virtualservice-subset-bypassed",
    severity=Severity.WARNING,
    title="Routes of a gateway go past the subsets of another VirtualService",
    means="This VirtualService sends a gateway's requests to a host without a subset, while a VirtualService of that "
    "host chooses subsets.",
    why="A gateway applies its own routes alone, so its requests reach every version of the host, canaries included.",
    fix="Name the subset in this route too, or add the gateway to the VirtualService that chooses it.",
    message="requests to {host!r} go past the subsets that VirtualService {names} chooses",
    reads=(),
    uses=(Routes,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0140/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each such destination; hosts are compared as written, whatever the namespace."""
    every = snapshot.service(Routes).each()
    choosing: dict[str, dict[str, None]] = {}
    for route, targets in every:
        own = {as_text(host) for host in as_list(route.spec.get("hosts"))}
        for target in targets:
            if _on_http(target) and target.subset and target.host in own:
                choosing.setdefault(target.host, {})[route.full_name] = None
    for route, targets in every:
        if as_list(route.spec.get("gateways")):
            for target in targets:
                names = choosing.get(target.host)
                if names and not target.subset and _on_http(target):
                    yield META.on(route, target.host_path, host=target.host, names=listing(names))


def _on_http(target: Target) -> bool:
    return not target.mirror and target.path[1] == "http"
