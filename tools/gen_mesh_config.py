"""Turn a folder of facts about Istio's mesh configuration into the field tables that getmesh ships.

usage: gen_mesh_config.py FACTS [--check]

FACTS holds ``istio-mesh-config.json`` (messages of ``mesh/v1alpha1``) and ``istio-api-fields.json`` (for the messages
of other packages that mesh configuration borrows). ``--check`` writes nothing and exits 1 when a file differs.
"""

import json
import pathlib
import sys
from typing import Any, Final

from gen_fields import Kind, table_text, write_or_compare  # type: ignore[import-not-found]  # it lies beside this script

ROOTS: Final = ("MeshConfig", "MeshNetworks")
SCALARS: Final = {
    "bool": "bool", "string": "string", "int32": "int32", "uint32": "uint32", "double": "double",
    "google.protobuf.Duration": "duration", "google.protobuf.BoolValue": "bool",
    "google.protobuf.Int32Value": "int32", "google.protobuf.Int64Value": "int64", "google.protobuf.Struct": "struct",
}  # fmt: skip
_POLICY: Final = "DestinationRule.trafficPolicy"
BORROWED: Final = {  # message of another package: where a CRD spells it out
    "ClientTLSSettings": f"{_POLICY}.tls",
    "ConnectionPoolSettings": f"{_POLICY}.connectionPool",
    "ConnectionPoolSettings.TCPSettings.TcpKeepalive": f"{_POLICY}.connectionPool.tcp.tcpKeepalive",
    "OutlierDetection": f"{_POLICY}.outlierDetection",
    "LocalityLoadBalancerSetting": f"{_POLICY}.loadBalancer.localityLbSetting",
    "ZoneAwareLoadBalancerSetting": f"{_POLICY}.loadBalancer.zoneAwareLbSetting",
    "HTTPRetry": "VirtualService.http.retries",
    "ReadinessProbe": "WorkloadGroup.probe",
    "ProxyImage": "ProxyConfig.image",
}
INSTEAD: Final = {
    "ProxyConfig.zipkinAddress": "tracing.zipkin.address",
    "ProxyConfig.envoyMetricsServiceAddress": "envoyMetricsService.address",
    "MeshConfig.ExtensionProvider.opencensus": "opentelemetry",
    "MeshConfig.ExtensionProvider.lightstep": "opentelemetry",
    "MeshConfig.ExtensionProvider.EnvoyExternalAuthorizationHttpProvider.includeHeadersInCheck": (
        "includeRequestHeadersInCheck"
    ),
}
GONE: Final = {  # fields that older releases had: their place says what they were part of
    "MeshConfig": (
        "mixerCheckServer", "mixerReportServer", "policyCheckFailOpen", "reportBatchMaxEntries", "reportBatchMaxTime",
        "disablePolicyChecks", "disableMixerHttpReports", "disableReportBatch", "sidecarToTelemetrySessionAffinity",
        "enableClientSidePolicyCheck", "sdsUdsPath", "sdsRefreshDelay", "enableSdsTokenMount", "sdsUseK8sSaJwt",
        "authPolicy", "rdsRefreshDelay",
    ),
    "ProxyConfig": ("parentShutdownDuration", "connectTimeout"),
}  # fmt: skip


class Mesh:
    """Converts the messages that one root reaches."""

    def __init__(self, messages: dict[str, Any], kinds: dict[str, Any], minors: list[str]) -> None:
        self.source, self.kinds, self.minors = messages, kinds, minors
        self.kind = Kind("MeshConfig", minors)
        self._at: dict[str, int] = {}

    def message(self, name: str) -> int:
        """Give the number of a message, converting it on first use."""
        if name not in self._at:
            self._at[name] = len(self.kind.table.messages)
            self.kind.table.messages.append({})
            self.kind.table.messages[self._at[name]] = self.converted(name)
        return self._at[name]

    def converted(self, name: str) -> dict[str, Any]:
        """Give a message with its fields and choices."""
        fields, arms = {}, dict[str, list[str]]()
        for field, raw in self.source[name]["fields"].items():
            fields[field] = self.field(name, field, raw)
            if "oneof" in raw:
                arms.setdefault(raw["oneof"], []).append(field)
        gone = GONE.get(name, ())
        fields |= {field: {"type": "struct", "until": 1} for field in gone if field not in fields}
        found: dict[str, Any] = {"fields": fields}
        choices = [group for group in arms.values() if len(group) > 1]
        return found | ({"arms": choices} if choices else {})

    def field(self, owner: str, name: str, raw: dict[str, Any]) -> dict[str, Any]:
        """Give one field."""
        kind, found = raw["type"], dict[str, Any]()
        if raw.get("repeated"):
            found["of"] = "list"
        elif kind.startswith("map<"):
            found["of"], kind = "map", kind[4:-1].partition(", ")[2]
        if raw.get("deprecated"):
            found |= {"deprecated": INSTEAD.get(f"{owner}.{name}", ""), "rename": False}
        if kind in SCALARS:
            return found | {"type": SCALARS[kind]}
        scope = owner.split(".")
        for depth in range(len(scope), -1, -1):
            full = ".".join([*scope[:depth], kind])
            if full in self.source:
                if self.source[full]["kind"] == "enum":
                    return found | {"type": "enum", "enum": numbered(self.source[full]["fields"])}
                return found | {"type": "message", "message": self.message(full)}
        return found | {"type": "message", "message": self.borrowed(kind)}

    def borrowed(self, kind: str) -> int:
        """Give the number of a message that a CRD spells out."""
        name = kind.partition(".v1alpha3.")[2] or kind.partition(".v1beta1.")[2]
        if name not in self._at:
            path = BORROWED[name].split(".")
            node = self.kinds[path[0]]["spec"]
            for step in path[1:]:
                node = node["fields"][step]
                node = node.get("items", node)
            self._at[name] = self.kind.table.add(self.kind.message(node, BORROWED[name]))
        return self._at[name]


def numbered(names: dict[str, int]) -> list[str]:
    """Give an enum's names in order of their numbers; ``#N`` stands for a number without name, far ones come last."""
    by_number = {number: name for name, number in names.items()}
    near = [number for number in by_number if number <= 2 * len(names)]
    listed = [by_number.get(number, f"#{number}") for number in range(max(near) + 1)]
    return listed + [name for number, name in by_number.items() if number not in near]


def tables(facts: pathlib.Path) -> dict[str, str]:
    """Give every file by name."""
    mesh = json.loads((facts / "istio-mesh-config.json").read_text(encoding="utf-8"))
    crds = json.loads((facts / "istio-api-fields.json").read_text(encoding="utf-8"))
    built = {}
    for root in ROOTS:
        made = Mesh(mesh["messages"], crds["kinds"], crds["minors"])
        made.kind.table.messages[0] = made.converted(root)
        built[f"mesh.{root}.json"] = table_text({"proto": True, "messages": made.kind.table.messages})
    return built


if __name__ == "__main__":
    sys.exit(write_or_compare(__doc__, tables))
