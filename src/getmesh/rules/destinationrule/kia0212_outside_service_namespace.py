"""KIA0212: layer 7 settings for an ambient Service from another namespace."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_enrolment import KialiEnrolment
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0212",
    name="destinationrule-outside-service-namespace",
    severity=Severity.WARNING,
    title="DestinationRule with layer 7 settings lives outside the namespace of its ambient Service",
    means=("The Service is in the ambient mesh, and the DestinationRule stands in another namespace than the Service."),
    why="A waypoint takes its configuration from the namespace of the Service, so clients do not get these settings.",
    fix=("Move the DestinationRule into the namespace of the Service."),
    message="the layer 7 settings for {host!r} are outside namespace {namespace!r} of its Service",
    reads=(),
    uses=(KialiEnrolment,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Service of another, ambient namespace that the DestinationRule names."""
    for judged in snapshot.service(KialiEnrolment).rules():
        for reached in judged.reached:
            home = reached.service.namespace
            if home != judged.object.namespace:
                yield META.on(judged.object, ("spec", "host"), host=reached.host, namespace=home)
