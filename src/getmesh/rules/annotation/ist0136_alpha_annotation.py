"""IST0136: an annotation of Istio is an alpha feature; asked for by the install precheck only."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.precheck import only_before_installing
from getmesh.model.annotations import CARRIERS, istio_names, registry
from getmesh.model.objects import Object, as_list, as_map
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0136",
    name="annotation-alpha",
    severity=Severity.INFO,
    title="An annotation of Istio is an alpha feature",
    means="Istio promises nothing about this annotation beyond the version at hand.",
    why="An upgrade of Istio may change or drop what the annotation does.",
    fix="Read the release notes for it before an upgrade, or do without it.",
    message="annotation {name!r} is an alpha feature",
    reads=CARRIERS,
    since="0.1",
    tags=("precheck",),
    gap=only_before_installing,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0136/",
)

_WITH_INIT = frozenset({
    "sidecar.istio.io/interceptionMode",
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/includeOutboundIPRanges",
})  # fmt: skip


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each alpha annotation; those that injection itself writes need an init container."""
    for kind in CARRIERS:
        for obj in snapshot.each(kind):
            for name in istio_names(obj):
                known = registry().get(name)
                if known is None or known.stage != "Alpha":
                    continue
                if kind == "Pod" and name in _WITH_INIT and not _has_init(obj):
                    continue
                yield META.on(obj, ("metadata", "annotations", name), name=name)


def _has_init(pod: Object) -> bool:
    return any(as_map(item).get("name") == "istio-init" for item in as_list(pod.spec.get("initContainers")))
