"""IST0002: something in use is deprecated and will be removed."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import as_list, as_map, as_quoted_number, as_text
from getmesh.model.snapshot import Snapshot

_REMOVED: Final = frozenset({"ClusterRbacConfig", "RbacConfig", "ServiceRole", "ServiceRoleBinding"})

META = RuleMeta(
    code="IST0002",
    name="resource-deprecated",
    severity=Severity.WARNING,
    title="Deprecated field, provider or resource is in use",
    means="The object uses something that Istio has replaced and keeps only for a while, or has removed already.",
    why="A later release ignores it or refuses the object, and then the behaviour changes in the middle of an upgrade.",
    fix="Use what the message names instead.",
    message="{what} is deprecated; {instead}",
    reads=("CustomResourceDefinition", "Sidecar", "Telemetry", "VirtualService"),
    uses=(MeshConfig,),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "On files it loses the group and kind of CRDs and says nothing about those of the removed rbac.istio.io.",
            "They are reported from files as they are from a cluster.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0002/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each place that uses something deprecated."""
    yield from _delays(snapshot)
    for sidecar in snapshot.each("Sidecar"):
        place = sidecar.field("spec", "outboundTrafficPolicy", "egressProxy")
        if place.present:
            yield META.at(place, what="egressProxy", instead="use egress listeners or a VirtualService with a gateway")
    yield from _tracers(snapshot)
    for crd in snapshot.each("CustomResourceDefinition"):
        kind = as_text(as_map(crd.spec.get("names")).get("kind"))
        if crd.spec.get("group") == "rbac.istio.io" and kind in _REMOVED:
            what = f"kind {kind} of rbac.istio.io"
            yield META.on(
                crd, ("spec", "names", "kind"), what=what, instead="use AuthorizationPolicy and remove the CRD"
            )


def _delays(snapshot: Snapshot) -> Iterator[Finding]:
    for route in snapshot.each("VirtualService"):
        for index, http in enumerate(map(as_map, as_list(route.spec.get("http")))):
            delay = as_map(as_map(http.get("fault")).get("delay"))
            if as_quoted_number(delay.get("percent")) > 0:
                path = ("spec", "http", index, "fault", "delay", "percent")
                yield META.on(route, path, what="fault.delay.percent", instead="use fault.delay.percentage.value")


def _tracers(snapshot: Snapshot) -> Iterator[Finding]:
    kinds: dict[str, bool] = {}
    for provider in as_list(snapshot.service(MeshConfig).root.find("extensionProviders")):
        kinds[as_text(as_map(provider).get("name"))] = as_map(provider).get("lightstep") is not None
    for telemetry in snapshot.each("Telemetry") if any(kinds.values()) else ():
        for place in telemetry.select("spec.tracing[].providers[].name"):
            if kinds.get(place.text):
                what = f"tracing provider '{place.text}' of kind lightstep"
                yield META.at(place, what=what, instead="use a provider of kind opentelemetry")
