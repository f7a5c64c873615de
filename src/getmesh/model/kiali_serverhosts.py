"""Which hosts of Gateway servers collide, as Kiali compares them.

Kiali: ``business/checkers/gateways/multi_match_checker.go``. Two wildcards of the form ``*.name`` never collide
unless they are equal.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

ServedHost: TypeAlias = tuple[str, str]
"""A host in lower case and the namespace whose VirtualServices it is for, ``*`` for any."""


def served_host(host: str, namespace: str) -> ServedHost:
    """Read a server's host of a Gateway in a namespace: ``namespace/name`` or a name alone."""
    parts = host.lower().split("/")
    target, name = (parts[0], parts[1]) if len(parts) > 1 else ("*", parts[0])
    return name, namespace if target == "." else target


def colliding(nodes: Iterable[ServedHost]) -> dict[ServedHost, ServedHost]:
    """Give for each node that another one meets one of those: the same name, or a wildcard and a name under it."""
    names: dict[str, dict[str, ServedHost]] = {}
    for name, target in nodes:
        names.setdefault(name, {})[target] = (name, target)
    wild: dict[int, dict[str, str]] = {}
    for name in names:
        if name.startswith("*"):
            wild.setdefault(len(name) - 1, {})[name[1:]] = name
    under: dict[str, dict[str, ServedHost]] = {}
    found: dict[ServedHost, ServedHost | None] = {}
    for (name, target), node in ((node, node) for node in nodes):
        others = {held: other for held, other in names[name].items() if held != target} if len(names[name]) > 1 else {}
        found[node] = _meeting(others, target)
        for length, ends in wild.items():
            over = ends.get(name[len(name) - length :]) if length <= len(name) else None
            if over is None or over == name or (over.startswith("*.") and name.startswith("*.")):
                continue
            found[node] = found[node] or _meeting(names[over], target)
            under.setdefault(over, {}).setdefault(target, node)
    for over, reached in under.items():
        for target, node in names[over].items():
            found[node] = found[node] or _meeting(reached, target)
    return {node: other for node, other in found.items() if other is not None}


def _meeting(others: Mapping[str, ServedHost], target: str) -> ServedHost | None:
    """Give one of the nodes, held by the namespaces they are for, that shares a namespace with a target."""
    if target == "*":
        return next(iter(others.values()), None)
    return others.get("*") or others.get(target)
