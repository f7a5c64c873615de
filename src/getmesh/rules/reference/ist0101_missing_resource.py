"""IST0101: something that an object refers to is not there."""

from collections.abc import Iterator, Mapping
from typing import Final

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.certificates import Certificates
from getmesh.model.credentials import Credentials
from getmesh.model.gatewaygroups import GatewayGroups
from getmesh.model.gateways import MESH, Gateways, is_internal, references, selector, servers, split_reference
from getmesh.model.namespaces import NamespacePatterns, policy_namespaces
from getmesh.model.objects import Object, as_strings
from getmesh.model.paths import Path
from getmesh.model.pods import Pods
from getmesh.model.registry import Registry
from getmesh.model.routes import Routes, Target
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.subsets import Subsets
from getmesh.model.visibility import export_to

_SERVICES = (Routes, Registry, Subsets, Gateways, Pods, GatewayGroups, Credentials, Certificates, NamespacePatterns)

META = RuleMeta(
    code="IST0101",
    name="reference-missing-resource",
    severity=Severity.ERROR,
    title="A referenced resource does not exist",
    means="A host, port, subset, gateway, Secret, namespace or workload that this object names is nowhere in the mesh.",
    why="The part of the configuration that needs it has no effect, or traffic that it routes fails with 503 or 404.",
    fix="Correct the spelling or the namespace of the reference, or create what it names.",
    message="{kind} {value!r} {problem}",
    reads=("Gateway", "AuthorizationPolicy", "Sidecar", "Telemetry"),
    uses=_SERVICES,
    since="0.1",
    twin="KIA1101",
    differs=(
        Difference(
            "istioctl",
            "istioctl takes the cluster's domain to be cluster.local.",
            "The domain that the user names is used, so short names resolve in clusters with another domain.",
        ),
        Difference(
            "istioctl",
            "A Service that its annotation exports to other namespaces alone is an error for its neighbours.",
            "Only an information is given while the VirtualService reaches those namespaces, where it works, and "
            "nothing is said if all proxies that use it are gateways there.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0101/",
)

_SELECTORS: Final[Mapping[str, Path]] = {
    "Sidecar": ("spec", "workloadSelector", "labels"),
    "Telemetry": ("spec", "selector", "matchLabels"),
}


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each reference that resolves to nothing."""
    for route, targets in snapshot.service(Routes).each():
        yield from _targets(snapshot, route, targets)
        yield from _gateways(snapshot.service(Gateways), route)
    for gateway in snapshot.each("Gateway"):
        yield from _gateway_selector(snapshot, gateway)
    secrets = snapshot.service(Certificates)
    for named in snapshot.service(Credentials).each():
        if not secrets.exists(named.secret):
            problem = f"names no Secret in namespace {named.secret[0]!r}"
            yield META.on(named.gateway, named.path, kind="credentialName", value=named.text, problem=problem)
    patterns = snapshot.service(NamespacePatterns)
    for policy in snapshot.each("AuthorizationPolicy"):
        for path, name in policy_namespaces(policy):
            if not patterns.finds(name):
                yield META.on(policy, path, kind="namespace", value=name, problem="finds no declared Namespace")
    for kind, path in _SELECTORS.items():
        for obj in snapshot.each(kind):
            labels = as_strings(obj.field(*path).value)
            if labels and not snapshot.service(Pods).exists(labels, obj.namespace):
                problem = f"matches no pod of namespace {obj.namespace!r}"
                yield META.on(obj, (*path, min(labels)), kind="selector", value=selector_text(labels), problem=problem)


def _targets(snapshot: Snapshot, route: Object, targets: tuple[Target, ...]) -> Iterator[Finding]:
    registry, subsets = snapshot.service(Registry), snapshot.service(Subsets)
    visible = export_to(route)
    for target in targets:
        host, mirror = target.host, "mirror " if target.mirror else ""
        known = registry.resolve(route.namespace, visible, host)
        if known is None:
            shown = registry.shown_elsewhere(route.namespace, visible, host)
            users = snapshot.service(Gateways).users(route, snapshot.service(Pods)) if shown else None
            if users and users.issubset(shown):
                continue
            problem = f"is visible to {listing(shown)} alone" if shown else f"is no host that {route.namespace!r} sees"
            lower = Severity.INFO if shown else None
            yield META.on(route, target.host_path, severity=lower, kind=f"{mirror}host", value=host, problem=problem)
        elif target.port is not None and target.port not in known.ports:
            value, problem = f"{host}:{target.port}", "is no port of that host"
            yield META.on(route, target.host_path, kind="host:port", value=value, problem=problem)
        if target.subset and not subsets.defines(route.namespace, host, target.subset):
            value, problem = f"{host}+{target.subset}", "is defined by no DestinationRule for that host"
            yield META.on(route, target.host_path, kind=f"{mirror}host+subset", value=value, problem=problem)


def _gateways(gateways: Gateways, route: Object) -> Iterator[Finding]:
    for place in references(route):
        name = place.text
        if name != MESH and not is_internal(name) and not gateways.exists(split_reference(route.namespace, name)):
            yield META.at(place, kind="gateway", value=name, problem="does not exist")


def _gateway_selector(snapshot: Snapshot, gateway: Object) -> Iterator[Finding]:
    labels = selector(gateway)
    alone = bool(labels) and not servers(gateway) and not snapshot.service(GatewayGroups).related(labels)
    if alone or not snapshot.service(Pods).exists(labels):
        problem = "has no servers on any pod" if alone else "matches no pod"
        path: Path = ("spec", "selector", *([min(labels)] if labels else []))
        yield META.on(gateway, path, kind="selector", value=selector_text(labels), problem=problem)
