"""Mesh configuration as istiod holds it: decoded, with its defaults; discarded as a whole when a value does not fit.

Istio: ``pkg/config/mesh`` at a cold start. A bad discovery selector is no such value: it costs the selectors alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from getmesh.discovery.naming import EVERYONE, exports
from getmesh.discovery.selection import faults_of
from getmesh.model.fields import decode, table
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.paths import path_text
from getmesh.model.selectors import matches_expressions
from getmesh.model.validation import Fault
from getmesh.model.validation.meshconfig import mesh_config_faults

ROOT_NAMESPACE: Final = "istio-system"


@dataclass(frozen=True, slots=True)
class Settings:
    """What istiod's mesh configuration says.

    Attributes:
        values: decoded; empty when it was discarded.
        source: the object that holds it, None if the user gave it or there is none.
        discarded: why the whole configuration does not count, ``""`` if it does.
        root_namespace: namespace of mesh-wide objects.
        service_exports, route_exports, rule_exports: defaults for objects without ``exportTo``.
        selectors: discovery selectors.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    source: Object | None = None
    discarded: str = ""
    root_namespace: str = ROOT_NAMESPACE
    service_exports: frozenset[str] = EVERYONE
    route_exports: frozenset[str] = EVERYONE
    rule_exports: frozenset[str] = EVERYONE
    selectors: tuple[Any, ...] = ()

    def text(self, *keys: str) -> str:
        """Give a text at nested keys, ``""`` if absent."""
        here: Any = self.values
        for key in keys:
            here = as_map(here).get(key)
        return as_text(here)

    @property
    def localities(self) -> Mapping[str, Any] | None:
        """The mesh's locality load balancing, None if it is switched off."""
        held = as_map(self.values.get("localityLbSetting"))
        return None if held.get("enabled") is False else held

    @property
    def inbound_to_localhost(self) -> bool:
        """Whether inbound clusters lead to 127.0.0.1 instead of the original address."""
        return self.text("inboundTrafficPolicy", "mode") == "LOCALHOST"

    def entry_visibility(self, labels: Mapping[str, str]) -> str:
        """Give ``NAMESPACE``, ``NONE`` or ``""`` for ServiceEntries of a namespace with these labels."""
        policy = as_map(self.values.get("serviceEntryVisibility"))
        if policy.get("applyToSidecars") is not True:
            return ""
        for item in as_list(policy.get("policies")):
            if all(_rule_matches(as_map(rule), labels) for rule in as_list(as_map(item).get("matchingRules"))):
                return as_text(as_map(item).get("visibility"))
        return as_text(policy.get("defaultVisibility"))


def read_settings(raw: Mapping[str, Any], source: Object | None, broken: str = "") -> Settings:
    """Read a mesh configuration.

    Args:
        raw: decoded YAML.
        source: the object that holds it.
        broken: why the text could not even be decoded.
    """
    faults = [] if broken else mesh_config_faults(raw).errors
    if broken or faults:
        return Settings(source=source, discarded=broken or _said(faults[0]), root_namespace=ROOT_NAMESPACE)
    fields = table("mesh.MeshConfig")
    values = decode(fields, dict(raw)).values if fields else dict(raw)
    return Settings(
        values,
        source,
        "",
        as_text(values.get("rootNamespace")) or ROOT_NAMESPACE,
        _defaults(values, "defaultServiceExportTo"),
        _defaults(values, "defaultVirtualServiceExportTo"),
        _defaults(values, "defaultDestinationRuleExportTo"),
        tuple(as_list(values.get("discoverySelectors"))),
    )


def _defaults(values: Mapping[str, Any], key: str) -> frozenset[str]:
    return exports(values[key]) if values.get(key) else EVERYONE


def _said(fault: Fault) -> str:
    return f"{path_text(fault.path) or 'it'}: {fault.text}"


def _rule_matches(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    selector = rule.get("namespaceSelector")
    if not isinstance(selector, dict) or faults_of(selector):
        return False
    return matches_expressions(selector, labels)
