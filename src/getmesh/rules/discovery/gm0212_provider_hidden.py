"""GM0212: an extension provider is a Service that is not discovered."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.objects import as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot

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
        providers = enumerate(as_list(plane.mesh.values.get("extensionProviders")))
        for index, provider in providers if source is not None else ():
            for value in as_map(provider).values():
                host = as_text(as_map(value).get("service")).rpartition("/")[2]
                namespace = hosts.get(host, "")
                if source is not None and namespace and not selection.sees(namespace):
                    at = (
                        ("data", "mesh")
                        if source.key == "ConfigMap"
                        else (
                            "spec",
                            "meshConfig",
                            "extensionProviders",
                            index,
                        )
                    )
                    name = as_text(as_map(provider).get("name"))
                    yield META.on(source, at, name=name, host=host, namespace=namespace)
