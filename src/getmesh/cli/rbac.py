"""The least rights that reading a cluster needs, as objects to apply."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from getmesh.model.kinds import Kind

NAME: Final = "getmesh-reader"
ROOT: Final = "istio-system"


def roles(namespaces: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Give a ClusterRole for everything; for namespaces a Role in each, and a ClusterRole for what has no namespace.

    A Role in istio-system lets the clusters be seen that istiod reads, by the names of their Secrets. Granting less is
    possible: what is missing is reported as not evaluated.
    """
    from getmesh.model.kinds import BY_KEY

    wanted = [kind for key in sorted(needed()) if (kind := BY_KEY.get(key)) is not None]
    spaces = sorted(set(namespaces))
    remote = _role("Role", ROOT, [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]}])
    if not spaces:
        return [_role("ClusterRole", "", _rules(wanted)), remote]
    inside = [kind for kind in wanted if kind.namespaced or kind.key == "Namespace"]
    outside = [kind for kind in wanted if not kind.namespaced and kind.key != "Namespace"]
    remote["rules"].append({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]})
    return [
        *(_role("Role", namespace, _rules(inside)) for namespace in spaces),
        *([] if ROOT in spaces else [remote]),
        _role("ClusterRole", "", _rules(outside)),
    ]


def needed() -> frozenset[str]:
    """Give the kinds that the rules read."""
    from getmesh.analysis.catalogue import rules

    return frozenset().union(*(rule.meta.kinds for rule in rules()))


def _rules(kinds: Iterable["Kind"]) -> list[dict[str, Any]]:
    """Give one rule per group and set of verbs; Secrets are not listed: only those that gateways name are read."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for kind in kinds:
        groups.setdefault((kind.group, kind.key == "Secret"), []).append(kind.plural)
    return [
        {"apiGroups": [group], "resources": found, "verbs": ["get"] if by_name else ["get", "list"]}
        for (group, by_name), found in sorted(groups.items())
    ]


def _role(kind: str, namespace: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    meta = {"name": NAME, "namespace": namespace} if namespace else {"name": NAME}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": meta, "rules": rules}
