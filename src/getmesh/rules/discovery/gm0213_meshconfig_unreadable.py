"""GM0213: mesh configuration cannot be read as YAML."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.controlplane import ControlPlanes
from getmesh.model.objects import as_map, as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0213",
    name="meshconfig-unreadable",
    severity=Severity.ERROR,
    title="Mesh configuration cannot be read",
    means="The text under `mesh` in the ConfigMap of an istiod is no YAML that can be decoded.",
    why=(
        "A starting istiod runs with its defaults instead: no discovery selectors, no providers, root namespace"
        " istio-system. A running one keeps what it read last, so that two replicas can disagree."
    ),
    fix="Mend the YAML of the text; `istioctl install` and Helm write it from values that they check.",
    message="the mesh configuration cannot be read, so a starting istiod discards all of it and runs with its defaults",
    reads=(),
    uses=(ControlPlanes,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each ConfigMap of an istiod whose text cannot be decoded."""
    for plane in snapshot.service(ControlPlanes).all:
        source = plane.mesh.source
        if source is None or source.key != "ConfigMap" or "mesh" in source.embedded:
            continue
        if as_text(as_map(source.raw.get("data")).get("mesh")).strip():
            yield META.on(source, ("data", "mesh"))
