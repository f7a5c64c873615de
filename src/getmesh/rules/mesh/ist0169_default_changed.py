"""IST0169: an upgrade takes away a default that the cluster relies on."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.precheck import only_before_installing
from getmesh.model.snapshot import Snapshot

LAST_WITH_DEFAULT: Final = 21
"""Last minor of Istio whose proxies sent traces to zipkin.istio-system unless told otherwise."""


def start_unknown(snapshot: Snapshot) -> str | None:
    """Say why the upgrade cannot be judged: this is no upgrade, or nobody said from which version."""
    reason = only_before_installing(snapshot)
    unknown = snapshot.settings.running_minor is None
    return reason or ("needs the version that is upgraded from" if unknown else None)


META = RuleMeta(
    code="IST0169",
    name="upgrade-default-changed",
    severity=Severity.WARNING,
    title="Upgrade removes a default that is in use",
    means=(
        "Up to Istio 1.21 proxies sent traces to the Service zipkin in istio-system by default, and that "
        "Service is here."
    ),
    why="After the upgrade no traces arrive, and nothing reports an error.",
    fix="Set meshConfig.defaultConfig.tracing, or better an extension provider and a Telemetry, before the upgrade.",
    message=(
        "tracing to service 'istio-system/zipkin' by default (meshConfig.defaultConfig.tracer) ends after Istio 1.21"
    ),
    reads=("Service",),
    since="0.1",
    tags=("precheck",),
    gap=start_unknown,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0169/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield a finding on the Service that traces were sent to."""
    running = snapshot.settings.running_minor
    service = snapshot.get("Service", "istio-system", "zipkin")
    if service is not None and running is not None and running <= LAST_WITH_DEFAULT:
        yield META.on(service, ("metadata", "name"))
