"""Pieces that many kinds share: exported namespaces, selectors, target references, labels, string matches."""

from collections.abc import Iterable
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import names
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.patterns import regex

_TARGETS: Final = frozenset({
    ("", "Service"),
    ("core", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "GatewayClass"),
})  # fmt: skip
PROTOCOLS: Final = frozenset({
    "tcp", "udp", "grpc", "grpc-web", "http", "http_proxy", "http2", "https", "tls", "mongo", "redis", "mysql",
})  # fmt: skip
HTTP: Final = frozenset({"http", "http2", "http_proxy", "grpc", "grpc-web"})
TLS: Final = frozenset({"https", "tls"})
TCP: Final = frozenset({"tcp", "https", "tls", "mongo", "redis", "mysql"})


def protocol(text: str) -> str:
    """Check a protocol's name."""
    return "" if text.lower() in PROTOCOLS else f"protocol {text!r} is not supported"


def label_set(entries: dict[str, str], path: Path, faults: Faults) -> None:
    """Check keys and values of labels."""
    for key, value in entries.items():
        faults.error((*path, key), names.label_name(key))
        faults.error((*path, key), names.label_value(value))


def selector(owner: dict[str, Any], field: str, word: str, faults: Faults) -> bool:
    """Check a workload selector; give False when it has an error."""
    if field not in owner:
        return True
    path, before = ("spec", field, word), len(faults.errors)
    entries = owner[field].get(word, {})
    for key, value in entries.items():
        if not key:
            faults.error((*path, key), "a selector's label key is empty")
        if "*" in key or "*" in value:
            faults.error((*path, key), f"label {key}={value} of a selector has a wildcard, which matches nothing")
    if not entries:
        faults.warn(("spec", field), "the selector has no labels, so it selects every workload")
    return len(faults.errors) == before


def target(ref: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check a target reference."""
    group, kind = ref.get("group", ""), ref.get("kind", "")
    if not ref.get("name"):
        faults.error((*path, "name"), "a target reference names no object")
    if ref.get("namespace"):
        faults.error((*path, "namespace"), "a target reference must not cross namespaces, so it may not name one")
    if (group, kind) not in _TARGETS:
        faults.error((*path, "kind"), f"objects of kind {kind!r} in group {group!r} cannot be targets")


def attachment(spec: dict[str, Any], faults: Faults) -> None:
    """Check selector, targetRef and targetRefs, of which one may be given."""
    given = [name for name in ("selector", "targetRef", "targetRefs") if name in spec]
    if len(given) > 1:
        faults.error(("spec", given[-1]), f"only one of {' and '.join(given)} may be given")
    selector(spec, "selector", "matchLabels", faults)
    if "targetRef" in spec:
        target(spec["targetRef"], ("spec", "targetRef"), faults)
    for index, ref in enumerate(spec.get("targetRefs", ())):
        target(ref, ("spec", "targetRefs", index), faults)


def export_to(spec: dict[str, Any], namespace: str, faults: Faults, *, none_allowed: bool = False) -> list[str]:
    """Check exportTo; give the namespaces that it names, ``.`` resolved."""
    seen: list[str] = []
    kept: list[str] = []
    for index, entry in enumerate(spec.get("exportTo", ())):
        path, key = ("spec", "exportTo", index), namespace if entry == "." else entry
        if key in seen:
            faults.error(path, f"namespace {entry!r} is listed twice")
            continue
        seen.append(key)
        if key == "*" or (key == "~" and none_allowed):
            kept.append(key)
        elif key == "~":
            faults.error(path, "'~' is not allowed here")
        elif problem := names.label(key):
            faults.error(path, problem)
        else:
            kept.append(key)
    if len(kept) > 1:
        for word in ("*", "~"):
            if word in kept:
                faults.error(("spec", "exportTo"), f"{word!r} stands beside other namespaces")
    return kept


def string_match(match: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check the arm of a string match that is given."""
    if match.get("prefix") == "":
        faults.error((*path, "prefix"), "an empty prefix matches everything")
    regex_match(match, path, faults)


def regex_match(match: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check only the regex arm of a string match."""
    if "regex" in match:
        text = match["regex"]
        faults.error((*path, "regex"), regex(text) if text else "an empty regular expression matches nothing")


def gateway_names(entries: Iterable[str], path: Path, faults: Faults) -> None:
    """Check references to gateways; as Istio does, stop at the first one without a namespace."""
    for index, entry in enumerate(entries):
        place = (*path, index)
        space, slash, name = entry.partition("/")
        if not slash:
            if "." in entry:
                faults.warn(place, f"gateway {entry!r} is named in the old way; write NAMESPACE/NAME")
            faults.error(place, names.fqdn(entry) and f"gateway {entry!r} is no valid name")
            return
        if not space or not name:
            faults.error(place, f"gateway {entry!r} lacks its namespace or its name")
        elif not names.is_label(space) or not names.is_label(name):
            faults.error(place, f"gateway {entry!r} is no NAMESPACE/NAME")
