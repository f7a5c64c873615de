"""KIA0005: an object is exported to a namespace that does not exist."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import as_list
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers

META = RuleMeta(
    code="KIA0005",
    name="export-to-missing-namespace",
    severity=Severity.ERROR,
    title="An object is exported to a namespace that does not exist",
    means=(
        "An entry of exportTo is neither a dot nor a star nor the name of a namespace that is known; "
        "system namespaces count as unknown, and so does ~."
    ),
    why="Clients in the namespace that is meant do not get the object, and nobody is told.",
    fix="Correct the name of the namespace, or use . for the own namespace and * for all.",
    message="exportTo names namespace {namespace!r}, which does not exist",
    reads=("DestinationRule", "ServiceEntry", "VirtualService"),
    uses=(KialiMembership, Viewers),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each entry that names no known namespace; a star elsewhere in the list is no excuse."""
    membership, viewers = snapshot.service(KialiMembership), snapshot.service(Viewers)
    for kind in META.reads:
        for obj in membership.objects(kind):
            listed = as_list(obj.spec.get("exportTo"))
            if not listed or membership.ambient(obj.namespace) or not viewers.seen(obj):
                continue
            for place, entry in enumerate(listed):
                if isinstance(entry, str) and entry not in (".", "*") and not membership.known(entry):
                    yield META.on(obj, ("spec", "exportTo", place), namespace=entry)
