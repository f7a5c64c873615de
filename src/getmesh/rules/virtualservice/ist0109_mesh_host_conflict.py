"""IST0109: several VirtualServices define one host for the sidecars of the mesh."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.gateways import MESH
from getmesh.model.hosts import HostIndex, complete
from getmesh.model.objects import Object, as_list, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.visibility import EVERYWHERE, scopes

META = RuleMeta(
    code="IST0109",
    name="virtualservice-mesh-host-conflict",
    severity=Severity.ERROR,
    title="Several VirtualServices define the same host for sidecars",
    means="More than one VirtualService that sidecars of one namespace see defines routes for this host.",
    why="VirtualServices on sidecars are not merged: the oldest one holds and the routes of the others are ignored.",
    fix="Merge them into one VirtualService, or delegate parts of it, or export them to different namespaces.",
    message="{names} define the same host for sidecars: {host!r} (visible in {scope!r})",
    reads=("VirtualService",),
    since="0.1",
    twin="KIA1106",
    differs=(
        Difference(
            "istioctl",
            "One VirtualService that spells a host twice, short and in full, is an error: it conflicts with itself.",
            "Only an information is given, since istiod merges the spellings within one VirtualService.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0109/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each VirtualService in a conflict, for the smallest scope and host that it shares."""
    keys = _keys(snapshot)
    public: HostIndex[list[Object]] = HostIndex()
    for (scope, host), members in keys.items():
        if scope == EVERYWHERE:
            public.add(host, members)
    accused: set[str] = set()
    alone: list[tuple[Object, str, str]] = []
    for scope, host in sorted(keys):
        entries = keys[scope, host]
        if scope != EVERYWHERE:
            entries = [*entries, *(obj for members in public.overlapping(host) for obj in members)]
        found = {obj.full_name: obj for obj in entries}
        if len(found) > 1:
            yield from _conflict(found, accused, scope, host)
        elif len(entries) > 1:
            alone.append((entries[0], scope, host))
    for obj, scope, host in alone:
        if obj.full_name not in accused:
            accused.add(obj.full_name)
            names = f"two spellings in {obj.full_name}"
            yield META.on(obj, ("metadata", "name"), severity=Severity.INFO, names=names, host=host, scope=scope)


def _keys(snapshot: Snapshot) -> dict[tuple[str, str], list[Object]]:
    keys: dict[tuple[str, str], list[Object]] = {}
    domain = snapshot.settings.cluster_domain
    for route in snapshot.each("VirtualService"):
        gateways = as_list(route.spec.get("gateways"))
        if gateways and MESH not in gateways:
            continue
        for scope in scopes(route):
            for host in as_list(route.spec.get("hosts")):
                keys.setdefault((scope, complete(route.namespace, as_text(host), domain)), []).append(route)
    return keys


def _conflict(found: dict[str, Object], accused: set[str], scope: str, host: str) -> Iterator[Finding]:
    names = sorted(found)
    text = f"VirtualServices {listing(names)}"
    for name in names:
        if name not in accused:
            accused.add(name)
            others = (found[other] for other in names[:6] if other != name)
            related = tuple(Related(other, ("spec", "hosts"), "defines the host too") for other in others)
            yield META.on(found[name], ("metadata", "name"), related=related, names=text, host=host, scope=scope)
