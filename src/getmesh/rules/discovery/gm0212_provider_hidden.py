"""GM0212: an extension provider is a Service that is not discovered."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.meshconfig import setting_path
from getmesh.model.objects import as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot

if TYPE_CHECKING:
    from getmesh.model.paths import Path

META = RuleMeta(
    code="GM0212",
    name="meshconfig-provider-hidden",
    severity=Severity.ERROR,
    title="An extension provider's Service is not discovered",
    means="Mesh configuration names a Service for telemetry or external authorization in a hidden namespace.",
    why=(
        "The cluster that proxies would send to does not exist: traces and logs are lost, and requests that need"
        " external authorization are refused."
    ),
    fix="Label the provider's namespace as the selectors ask.",
    message="provider '{name}' needs Service '{host}' of namespace '{namespace}', which matches no discovery selector",
    reads=("Service",),
    uses=(SelectedNamespaces,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each provider whose Service is hidden."""
    selected = snapshot.service(SelectedNamespaces)
    if not selected.filtering:
        return
    domain = snapshot.settings.cluster_domain
    hosts = {f"{obj.name}.{obj.namespace}.svc.{domain}": obj.namespace for obj in snapshot.each("Service")}
    for plane, selection in selected.planes():
        source = plane.mesh.source
        if source is None:
            continue
        for index, name, host in _providers(plane.mesh.values):
            namespace = hosts.get(host, "")
            if namespace and not selection.sees(namespace):
                at = setting_path(source, "extensionProviders")
                place: Path = at if source.key == "ConfigMap" else (*at, index)
                yield META.on(source, place, name=name, host=host, namespace=namespace)


def _providers(mesh: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    """Yield (position, name, host) of the providers that name a Service."""
    for index, provider in enumerate(map(as_map, as_list(mesh.get("extensionProviders")))):
        for value in provider.values():
            host = as_text(as_map(value).get("service")).rpartition("/")[2]
            if host:
                yield index, as_text(provider.get("name")), host
