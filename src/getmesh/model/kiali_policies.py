"""What policies select and whether they speak of HTTP: selectors, target references, layer 7 fields."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_strings, as_text
from getmesh.model.paths import Path

_HTTP_CONDITIONS: Final = (
    "request.headers",
    "request.auth.claims",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
)
_HTTP_OPERATIONS: Final = ("methods", "notMethods", "paths", "notPaths", "hosts", "notHosts")
_HTTP_SOURCES: Final = ("requestPrincipals", "notRequestPrincipals")


def match_labels(policy: Object) -> Mapping[str, str]:
    """Give the labels of a policy's selector, empty if it selects everything."""
    return as_strings(as_map(policy.spec.get("selector")).get("matchLabels"))


def target_refs(policy: Object) -> list[Mapping[str, Any]]:
    """Give ``targetRef`` and ``targetRefs`` together; an empty list is none."""
    single = policy.spec.get("targetRef")
    listed = [as_map(item) for item in as_list(policy.spec.get("targetRefs"))]
    return [single, *listed] if isinstance(single, dict) else listed


def service_targets(policy: Object) -> list[str]:
    """Give the names of the Services that a policy refers to; they lie in its own namespace."""
    return [
        as_text(reference.get("name"))
        for reference in target_refs(policy)
        if reference.get("kind") == "Service" and as_text(reference.get("group")) in ("", "core")
    ]


def speaks_http(policy: Object) -> bool:
    """Whether an AuthorizationPolicy has rules that only a proxy which reads HTTP can enforce."""
    for item in as_list(policy.spec.get("rules")):
        rule = as_map(item)
        for entry in as_list(rule.get("when")):
            if as_text(as_map(entry).get("key")).startswith(_HTTP_CONDITIONS):
                return True
    return any(
        as_list(block.get(name))
        for key, inner, names in (("to", "operation", _HTTP_OPERATIONS), ("from", "source", _HTTP_SOURCES))
        for _, _, block in blocks(policy, key, inner)
        for name in names
    )


def traces_http(telemetry: Object) -> bool:
    """Whether a Telemetry asks for what only a proxy that reads HTTP can give: tracing, logs, metric overrides."""
    spec = telemetry.spec
    if as_list(spec.get("tracing")) or as_list(spec.get("accessLogging")):
        return True
    return any(as_list(as_map(entry).get("overrides")) for entry in as_list(spec.get("metrics")))


class Entry(NamedTuple):
    """One text in a list of an AuthorizationPolicy's rules, and where it stands."""

    text: str
    path: Path


def entries(policy: Object, key: str, inner: str, name: str) -> Iterator[Entry]:
    """Yield the texts of every ``spec.rules[i].KEY[j].INNER.NAME``."""
    for i, j, block in blocks(policy, key, inner):
        for k, value in enumerate(as_list(block.get(name))):
            yield Entry(as_text(value), ("spec", "rules", i, key, j, inner, name, k))


def blocks(policy: Object, key: str, inner: str) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Yield every ``spec.rules[i].KEY[j].INNER`` that is there, with i and j."""
    for i, rule in enumerate(as_list(policy.spec.get("rules"))):
        for j, item in enumerate(as_list(as_map(rule).get(key))):
            block = as_map(item).get(inner)
            if isinstance(block, dict):
                yield i, j, block
