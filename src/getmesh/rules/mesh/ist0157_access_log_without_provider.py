"""IST0157: a Telemetry turns access logging on and nothing says who writes it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import as_list, as_map
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0157",
    name="telemetry-access-log-without-provider",
    severity=Severity.WARNING,
    title="Telemetry enables access logging without a provider",
    means=(
        "An accessLogging entry names no provider, and the mesh configuration has no default provider for access logs."
    ),
    why="The entry does nothing: no access log is written where it was asked for.",
    fix=(
        "Name a provider in the entry, as in providers: [{name: envoy}], or set "
        "meshConfig.defaultProviders.accessLogging."
    ),
    message="access logging of telemetry {telemetry!r} names no provider, and the mesh has no default one",
    reads=("Telemetry",),
    uses=(MeshConfig,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0157/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Telemetry with such an entry; accessLogFile of the mesh does not help."""
    if as_list(snapshot.service(MeshConfig).root.find("defaultProviders", "accessLogging")):
        return
    for telemetry in snapshot.each("Telemetry"):
        for index, entry in enumerate(map(as_map, as_list(telemetry.spec.get("accessLogging")))):
            if entry.get("disabled") is not True and not as_list(entry.get("providers")):
                yield META.on(telemetry, ("spec", "accessLogging", index), telemetry=telemetry.full_name)
                break
