"""Turn a folder of facts about Istio's CRDs into the field tables that getmesh ships.

usage: gen_fields.py FACTS [--check]

FACTS holds ``istio-api-fields.json`` (the CRDs of each minor merged). One file a kind is written to
``src/getmesh/data/fields``; ``--check`` writes nothing and exits 1 when a shipped file differs.
What CRDs do not say (which texts are durations, the order in which oneof arms are declared, which fields are
deprecated and for what) is added here, from the API's published protocol definitions.
"""

import argparse
import json
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any, Final

from kubernetes_fields import KUBERNETES  # type: ignore[import-not-found]  # it lies beside this script

OUT: Final = pathlib.Path(__file__).parent.parent / "src/getmesh/data/fields"
DURATIONS: Final = frozenset({
    "backoff", "baseEjectionTime", "budgetInterval", "connectTimeout", "duration", "exponentialDelay", "fixedDelay",
    "idleTimeout", "interval", "maxAge", "maxConnectionDuration", "perTryTimeout", "reportingInterval", "time",
    "timeout", "ttl", "warmupDurationSecs", "weightExpirationPeriod", "weightStabilizationPeriod", "weightUpdatePeriod",
})  # fmt: skip
ARMS: Final = (  # in order of declaration: of several given arms the last one wins
    ("simple", "consistentHash", "backendUtilization"),
    ("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"),
    ("ringHash", "maglev"),
    ("listener", "routeConfiguration", "cluster", "waypoint"),
    ("metric", "customMetric"),
    ("literal", "environment", "header", "formatter"),
    ("wasm", "lua"),
    ("exact", "prefix", "regex"),
    ("httpStatus", "grpcStatus", "http2Error"),
    ("fixedDelay", "exponentialDelay"),
    ("port", "derivePort"),
    ("string", "bytes"),
    ("httpGet", "tcpSocket", "exec", "grpc"),
)
UNBOUNDED: Final = frozenset({
    "budgetInterval", "ttl", "weightExpirationPeriod", "weightStabilizationPeriod", "weightUpdatePeriod",
})  # fmt: skip
NOT_BEFORE: Final = dict.fromkeys(("backendUtilization", "ecdhCurves", "presence", "transportSocket"), 32)
"""Fields of the newest facts that the minor before, of which there are none, does not have; what lies below too."""
DEPRECATED: Final = {  # path in a spec: (name to use instead, whether a mere rename mends it)
    "VirtualService.http[].corsPolicy.allowOrigin": ("allowOrigins", False),
    "RequestAuthentication.jwtRules[].jwks_uri": ("jwksUri", True),
}
DEPRECATED_NAMES: Final = {"warmupDurationSecs": ("warmup", False)}
OLD_VALUES: Final = {"LEAST_CONN": "LEAST_REQUEST"}
LIMITS: Final = (
    "min", "max", "minLength", "maxLength", "pattern", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
STATUS: Final = {
    "conditions": [{
        "type": "string", "status": "string", "reason": "string", "message": "string", "lastProbeTime": "time",
        "lastTransitionTime": "time",
    }],
    "observedGeneration": "int64",
}  # fmt: skip


class Table:
    """Messages of one kind, equal ones once; the root is the first."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = [{}]
        self._seen: dict[str, int] = {}

    def add(self, message: dict[str, Any]) -> int:
        """Give the number of a message."""
        text = json.dumps(message, sort_keys=True)
        if text not in self._seen:
            self._seen[text] = len(self.messages)
            self.messages.append(message)
        return self._seen[text]


def minor(text: str, known: list[str]) -> int:
    """Give the first minor that may have it: a minor without facts between two known ones counts as having it."""
    at = known.index(text)
    return int(known[at - 1].split(".")[1]) + 1 if at else int(text.split(".")[1])


def scalar(node: dict[str, Any], name: str) -> str:
    """Name the scalar type of a CRD node."""
    if node.get("open"):
        return "struct"
    kind = node["type"]
    if kind == "integer":
        if node.get("format") == "int32":
            return "int32"
        return "uint32" if "max" in node else "uint64"
    if kind == "string":
        plain = "duration" if name in DURATIONS else "string"
        return "bytes" if node.get("format") == "byte" else plain
    return "bool" if kind == "boolean" else "double"


class Kind:
    """Converts one kind's CRD tree."""

    def __init__(self, name: str, minors: list[str]) -> None:
        self.name, self.minors, self.table = name, minors, Table()

    def message(self, node: dict[str, Any], path: str) -> dict[str, Any]:
        """Give a message: fields, oneof groups, required names."""
        fields = {name: self.field(item, name, f"{path}.{name}") for name, item in node["fields"].items()}
        found: dict[str, Any] = {"fields": fields}
        arms = set(node.get("oneOf", ()))
        groups = [[arm for arm in group if arm in arms] for group in ARMS if len(arms & set(group)) > 1]
        if groups:
            found["arms"] = groups
        if node.get("required"):
            found["required"] = sorted(node["required"])
        return found

    def field(self, node: dict[str, Any], name: str, path: str) -> dict[str, Any]:
        """Give one field."""
        found: dict[str, Any] = {}
        inner = node
        if node["type"] == "array":
            found["of"], inner, path = "list", node["items"], f"{path}[]"
        elif isinstance(node.get("values"), dict):
            found["of"], inner, path = "map", node["values"], f"{path}{{}}"
            if name == "portLevelMtls":
                found["keys"] = "uint32"
        if "fields" in inner:
            found |= {"type": "message", "message": self.table.add(self.message(inner, path))}
        elif "enum" in inner:
            found |= {"type": "enum", "enum": inner["enum"]}
            if old := {name: OLD_VALUES[name] for name in inner["enum"] if name in OLD_VALUES}:
                found["old"] = old
        else:
            found["type"] = scalar(inner, name)
        self._facts(found, node, inner, path.removesuffix("[]").removesuffix("{}"))
        return found

    def _facts(self, found: dict[str, Any], node: dict[str, Any], inner: dict[str, Any], path: str) -> None:
        limits: dict[str, Any] = {key: node[key] for key in LIMITS if key in node}
        if inner is not node and (each := {key: inner[key] for key in LIMITS if key in inner}):
            limits["each"] = each
        if found["type"] == "duration" and path.rpartition(".")[2] not in UNBOUNDED:
            limits["nanoseconds"] = 10**6
        if limits:
            found["limits"] = limits
        if "since" in node:
            held = [NOT_BEFORE[part] for part in re.split(r"\W+", path) if part in NOT_BEFORE]
            found["since"] = max([minor(node["since"], self.minors), *held])
        if "until" in node:
            found["until"] = int(node["until"].split(".")[1])
        gone = DEPRECATED.get(path) or DEPRECATED_NAMES.get(path.rpartition(".")[2])
        if gone:
            found["deprecated"], found["rename"] = gone


def plain(table: Table, node: Any) -> dict[str, Any]:
    """Convert the short notation of Kubernetes kinds: a type's name, [item], {"*": value} or {name: field}."""
    if isinstance(node, str):
        return {"type": node}
    if isinstance(node, list):
        return plain(table, node[0]) | {"of": "list"}
    if set(node) == {"*"}:
        return plain(table, node["*"]) | {"of": "map"}
    return {"type": "message", "message": table.add({"fields": {k: plain(table, v) for k, v in node.items()}})}


def istio(name: str, facts: dict[str, Any], minors: list[str]) -> dict[str, Any]:
    """Give the table of an Istio kind: message 0 is the object with its spec and status."""
    kind = Kind(name, minors)
    spec = kind.table.add(kind.message(facts["spec"], name))
    status = plain(kind.table, STATUS)
    kind.table.messages[0] = {"fields": {"spec": {"type": "message", "message": spec}, "status": status}}
    since = {version: minor(entry["since"], minors) for version, entry in facts["versions"].items() if "since" in entry}
    return {"proto": True, "since": since, "messages": kind.table.messages}


def kubernetes(node: dict[str, Any]) -> dict[str, Any]:
    """Give the table of a Kubernetes kind, decoded by Go's JSON rules."""
    table = Table()
    table.messages[0] = {"fields": {name: plain(table, item) for name, item in node.items()}}
    return {"proto": False, "messages": table.messages}


def tables(facts: pathlib.Path) -> dict[str, str]:
    """Give every file by name."""
    source = json.loads((facts / "istio-api-fields.json").read_text(encoding="utf-8"))
    built = {name: istio(name, entry, source["minors"]) for name, entry in source["kinds"].items()}
    built |= {name: kubernetes(entry) for name, entry in KUBERNETES.items()}
    return {f"{name}.json": table_text(table) for name, table in built.items()}


def table_text(table: dict[str, Any]) -> str:
    """Write a table, one field list a line."""
    text = json.dumps(table, indent=1, ensure_ascii=False)
    return re.sub(r"\n {4,}|\n {3}(?=[}\]])", " ", text) + "\n"


def write_or_compare(usage: str | None, make: Callable[[pathlib.Path], dict[str, str]]) -> int:
    """Write the files that FACTS make, or say which differ with ``--check``; give the exit code."""
    parser = argparse.ArgumentParser(description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    stale = []
    for name, text in make(given.facts).items():
        target = OUT / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not given.check:
                target.write_text(text, encoding="utf-8")
    print(f"{'differ' if given.check else 'written'}: {', '.join(stale) or 'none'}")
    return 1 if stale and given.check else 0


if __name__ == "__main__":
    sys.exit(write_or_compare(__doc__, tables))
