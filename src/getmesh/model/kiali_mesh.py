"""What Kiali takes from the mesh configuration of one control plane.

Kiali reads the ConfigMap beside each control plane; an outbound policy that is written without a mode means its
zero value, REGISTRY_ONLY, and not Istio's default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from getmesh.model.meshconfig import DEFAULT_NAMESPACE, MeshConfig
from getmesh.model.objects import EMPTY, as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot

_EXPORT_FIELDS: Final = {
    "Service": "defaultServiceExportTo",
    "ServiceEntry": "defaultServiceExportTo",
    "VirtualService": "defaultVirtualServiceExportTo",
    "DestinationRule": "defaultDestinationRuleExportTo",
}


@dataclass(frozen=True, slots=True)
class MeshFacts:
    """The values of one mesh configuration that change a verdict of Kiali.

    Attributes:
        allow_any: whether traffic to unknown hosts passes.
        auto_mtls: whether clients choose mutual TLS by themselves.
        trust_domain: ``cluster.local`` if unset.
        trust_domain_aliases: other trust domains that are accepted.
        root_namespace: as written, ``""`` if unset: then it is the control plane's own namespace.
        exports: default ``exportTo`` by kind, empty lists left out.
        discovery: label selectors; a namespace that matches none of them is not managed; empty if all are.
    """

    allow_any: bool
    auto_mtls: bool
    trust_domain: str
    trust_domain_aliases: tuple[str, ...]
    root_namespace: str
    exports: Mapping[str, tuple[str, ...]]
    discovery: tuple[Mapping[str, Any], ...]


def mesh_facts(values: Mapping[str, Any]) -> MeshFacts:
    """Read a decoded mesh configuration."""
    outbound = values.get("outboundTrafficPolicy")
    exports: dict[str, tuple[str, ...]] = {}
    for kind, name in _EXPORT_FIELDS.items():
        listed = tuple(item for item in as_list(values.get(name)) if isinstance(item, str))
        if listed:
            exports[kind] = listed
    return MeshFacts(
        allow_any=not isinstance(outbound, dict) or outbound.get("mode") in ("ALLOW_ANY", 1),
        auto_mtls=values.get("enableAutoMtls") is not False,
        trust_domain=as_text(values.get("trustDomain")) or "cluster.local",
        trust_domain_aliases=tuple(item for item in as_list(values.get("trustDomainAliases")) if isinstance(item, str)),
        root_namespace=as_text(values.get("rootNamespace")),
        exports=exports,
        discovery=tuple(as_map(item) for item in as_list(values.get("discoverySelectors"))),
    )


def mesh_values(snapshot: Snapshot, namespace: str, revision: str, *, declared: bool) -> Mapping[str, Any]:
    """Give the decoded mesh configuration of a control plane.

    What the user gave beats every ConfigMap. A control plane that no Deployment declares falls back to the
    ConfigMap of the default revision; without any ConfigMap an IstioOperator's configuration counts.
    """
    if snapshot.settings.mesh_config is not None:
        return as_map(snapshot.settings.mesh_config)
    names = ["istio"] if revision in ("", "default") else [f"istio-{revision}"]
    if not declared and "istio" not in names:
        names.append("istio")
    for name in names:
        found = snapshot.get("ConfigMap", namespace, name)
        if found is not None:
            return as_map(found.embedded.get("mesh"))
    if snapshot.has("ConfigMap", DEFAULT_NAMESPACE, "istio"):
        return EMPTY
    return as_map(snapshot.service(MeshConfig).root.values)
