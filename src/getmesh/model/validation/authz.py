"""AuthorizationPolicy."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import names, parts
from getmesh.model.validation.faults import Faults

_Check = Callable[[list[str]], str]
_DIGITS: Final = re.compile(r"[0-9]+")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9\-._~%!$&'()+,;:@=]+")
_MAX_ACCOUNTS: Final = 16
_MAX_ACCOUNT: Final = 320
_INDEXED: Final = ("request.headers", "request.auth.claims", "experimental.envoy.filters.")
_PLAIN_KEYS: Final = frozenset({
    "source.namespace", "source.principal", "request.auth.principal", "request.auth.audiences",
    "request.auth.presenter", "connection.sni",
})  # fmt: skip
_IDENTITY_KEYS: Final = ("source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal")
_CUSTOM_FORBIDS: Final = ("namespaces", "serviceAccounts", "trustDomains", "principals", "requestPrincipals")
_TCP_SOURCES: Final = ("principals", "namespaces", "ipBlocks", "remoteIpBlocks", "serviceAccounts")


@cache
def both(name: str) -> tuple[str, str]:
    """Give a list's name and its negated form."""
    return name, f"not{name[:1].upper()}{name[1:]}"


def _no_empty(values: list[str]) -> str:
    return "a value is empty" if "" in values else ""


def _accounts(values: list[str]) -> str:
    if len(values) > _MAX_ACCOUNTS:
        return f"{len(values)} service accounts are more than 16"
    for value in values:
        space, slash, name = value.partition("/")
        if not value or "*" in value or len(value.encode("utf-8", "surrogatepass")) > _MAX_ACCOUNT:
            return f"{value!r} is no service account"
        if slash and (not space or not name or "/" in name):
            return f"{value!r} is no NAMESPACE/NAME of a service account"
    return ""


def _wildcards(values: list[str]) -> str:
    for value in values:
        if not value:
            return "a value is empty"
        if value.count("*") > 1 or ("*" in value and not value.startswith("*") and not value.endswith("*")):
            return f"{value!r} has a wildcard that is neither its first nor its last character"
    return ""


def _trust_domains(values: list[str]) -> str:
    slash = next((value for value in values if "/" in value), None)
    return _wildcards(values) or (f"trust domain {slash!r} has a slash" if slash is not None else "")


def _ports(values: list[str]) -> str:
    bad = next((v for v in values if not _DIGITS.fullmatch(v) or int(v[:20]) > names.MAX_PORT), None)
    return "" if bad is None else f"{bad!r} is no port number"


def _blocks(values: list[str]) -> str:
    return next((problem for value in values if (problem := names.address_or_block(value))), "")


def _paths(values: list[str]) -> str:
    return _no_empty(values) or next((problem for value in values if (problem := _path(value))), "")


def _path(value: str) -> str:
    templated = "{*}" in value or "{**}" in value
    rest_taken = False
    for segment in value.strip("/").split("/"):
        if segment in ("{*}", "{**}"):
            if rest_taken:
                return f"path {value!r} goes on with a template after {{**}}"
            rest_taken = segment == "{**}"
        elif "{" in segment or "}" in segment:
            return f"path {value!r} has braces that are neither {{*}} nor {{**}}"
        elif templated and not _SEGMENT.fullmatch(segment):
            return f"path {value!r} with templates has a segment {segment!r} that is no plain text"
    return ""


_SOURCES: Final[dict[str, _Check]] = {
    "ipBlocks": _blocks, "remoteIpBlocks": _blocks, "principals": _no_empty, "requestPrincipals": _no_empty,
    "namespaces": _no_empty, "serviceAccounts": _accounts, "trustDomains": _trust_domains,
}  # fmt: skip
_VALUES: Final[dict[str, _Check]] = {
    "source.ip": _blocks, "remote.ip": _blocks, "destination.ip": _blocks, "destination.port": _ports,
    "source.serviceAccount": _accounts, "source.trustDomain": _wildcards,
}  # fmt: skip
_OPERATIONS: Final[dict[str, _Check]] = {"ports": _ports, "methods": _no_empty, "paths": _paths, "hosts": _no_empty}


def validate(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of an AuthorizationPolicy."""
    parts.attachment(spec, faults)
    action, rules = spec.get("action", "ALLOW"), spec.get("rules", [])
    if action == "CUSTOM":
        if not rules:
            faults.error(("spec", "rules"), "action CUSTOM without rules asks nobody anything")
        elif not spec.get("provider", {}).get("name"):
            faults.error(("spec", "provider"), "action CUSTOM names no provider")
    elif "provider" in spec:
        faults.error(("spec", "provider"), f"a provider has no meaning with action {action}")
    if action == "DENY" and not rules:
        faults.error(("spec", "rules"), "action DENY without rules denies nothing")
    for index, rule in enumerate(rules):
        path = ("spec", "rules", index)
        _rule(rule, path, faults)
        if action == "CUSTOM":
            _custom(rule, path, faults)
        if action == "DENY" and _denies_by_http(rule):
            faults.warn(path, "a DENY rule of HTTP attributes alone denies every TCP connection it is applied to")


def _rule(rule: dict[str, Any], path: Path, faults: Faults) -> None:
    for index, item in enumerate(rule.get("from", ())):
        place = (*path, "from", index, "source")
        if "source" not in item:
            faults.error(place[:-1], "a 'from' item has no source")
            continue
        _lists(item["source"], _SOURCES, place, faults)
        _accounts_alone(item["source"], place, faults)
    for index, item in enumerate(rule.get("to", ())):
        place = (*path, "to", index, "operation")
        if "operation" not in item:
            faults.error(place[:-1], "a 'to' item has no operation")
            continue
        _lists(item["operation"], _OPERATIONS, place, faults)
    for index, condition in enumerate(rule.get("when", ())):
        _condition(condition, (*path, "when", index), faults)


def _lists(owner: dict[str, Any], checks: dict[str, _Check], path: Path, faults: Faults) -> None:
    given = False
    for name, check in checks.items():
        for field in both(name):
            if owner.get(field):
                given = True
                faults.error((*path, field), check(owner[field]))
    if not given:
        faults.error(path, f"the {path[-1]} names nothing")


def _accounts_alone(source: dict[str, Any], path: Path, faults: Faults) -> None:
    accounts = any(source.get(field) for field in both("serviceAccounts"))
    others = [field for name in ("principals", "namespaces") for field in both(name) if source.get(field)]
    if accounts and others:
        faults.error((*path, others[0]), f"{others[0]} cannot stand beside service accounts")


def _condition(condition: dict[str, Any], path: Path, faults: Faults) -> None:
    key = condition.get("key", "")
    if not key:
        faults.error((*path, "key"), "a condition has no key")
        return
    if not condition.get("values") and not condition.get("notValues"):
        faults.error(path, f"the condition on {key!r} has no values")
        return
    check = _VALUES.get(key, _no_empty)
    for field in ("values", "notValues"):
        values = condition.get(field, [])
        faults.error((*path, field), _no_empty(values) or check(values))
    if key.startswith(_INDEXED):
        if not (key.endswith("]") and 0 < key.find("[") < len(key) - 2):
            faults.error((*path, "key"), f"the key {key!r} should be of the form NAME[INDEX]")
    elif key not in _VALUES and key not in _PLAIN_KEYS:
        faults.error((*path, "key"), f"the key {key!r} is unknown")


def _custom(rule: dict[str, Any], path: Path, faults: Faults) -> None:
    for index, item in enumerate(rule.get("from", ())):
        for name in _CUSTOM_FORBIDS:
            for field in both(name):
                if item.get("source", {}).get(field):
                    place = (*path, "from", index, "source", field)
                    faults.error(place, f"action CUSTOM is decided before identities are known, so not by {field}")
    for index, condition in enumerate(rule.get("when", ())):
        key = condition.get("key", "")
        if key in _IDENTITY_KEYS or key.startswith("request.auth."):
            place = (*path, "when", index, "key")
            faults.error(place, f"action CUSTOM is decided before identities are known, so not by {key}")


def _denies_by_http(rule: dict[str, Any]) -> bool:
    sources = [item["source"] for item in rule.get("from", ()) if "source" in item]
    operations = [item["operation"] for item in rule.get("to", ()) if "operation" in item]
    if operations:
        return not any(item.get(field) for item in operations for field in both("ports"))
    fields = [field for name in _TCP_SOURCES for field in both(name)]
    return bool(sources) and not any(source.get(field) for source in sources for field in fields)
