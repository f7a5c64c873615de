"""What the user may read, asked before reading: in the whole cluster, else namespace by namespace."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from getmesh.errors import ClusterError
from getmesh.model.installation import created
from getmesh.model.kinds import Kind
from getmesh.model.meshconfig import DEFAULT_NAMESPACE
from getmesh.ports.access_reviews import Deed, refusal, refusals
from getmesh.ports.cluster import ClusterRefused
from getmesh.ports.kube import KubePort

RULES: Final = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
_LIST: Final = "list"


@dataclass(frozen=True, slots=True)
class Rights:
    """What may be listed.

    Attributes:
        everywhere: keys of the kinds that may be listed in the whole cluster.
        within: namespaces by key for the other kinds, those in which the kind may be listed.
        namespaces: those that were asked about, sorted; None if nobody had to ask.
    """

    everywhere: frozenset[str]
    within: Mapping[str, frozenset[str]] = field(default_factory=dict)
    namespaces: tuple[str, ...] | None = None


def may(port: KubePort, verb: str, kind: Kind | None, namespace: str = "", name: str = "") -> bool:
    """Ask one question; None means every resource of every group.

    Raises:
        ClusterError: the API gave no answer.
    """
    group, resource = (kind.group, kind.plural) if kind else ("*", "*")
    return refusal(port, Deed(verb, group, resource, namespace, name)) is None


def review(port: KubePort, kinds: Iterable[Kind], pool: Executor, candidates: Callable[[bool], list[str]]) -> Rights:
    """Find out what may be listed.

    One question for whoever may list everything, else one per kind, and one per candidate namespace if a kind of
    namespaces may not be listed everywhere.

    Args:
        port: the cluster.
        kinds: those that are wanted.
        pool: runs questions side by side.
        candidates: gives the namespaces to try; told whether namespaces may be listed.
    """
    kinds = list(kinds)
    if may(port, _LIST, None):
        return Rights(frozenset(kind.key for kind in kinds))
    answers = pool.map(lambda kind: may(port, _LIST, kind), kinds)
    everywhere = frozenset(kind.key for kind, allowed in zip(kinds, answers, strict=True) if allowed)
    missing = [kind for kind in kinds if kind.key not in everywhere and (kind.namespaced or kind.key == "Namespace")]
    if not missing:
        return Rights(everywhere)
    namespaces = tuple(sorted(set(candidates("Namespace" in everywhere))))
    allowed_in = pool.map(lambda namespace: _allowed(port, missing, namespace), namespaces)
    within: dict[str, set[str]] = {}
    for namespace, keys in zip(namespaces, allowed_in, strict=True):
        for key in keys:
            within.setdefault(key, set()).add(namespace)
    return Rights(everywhere, {key: frozenset(found) for key, found in within.items()}, namespaces)


def refused_creations(port: KubePort, namespace: str = DEFAULT_NAMESPACE) -> dict[str, str] | None:
    """Give what of an installation the user may not create, with the API's reason; None if the API does not tell.

    Who may do everything is asked about once.
    """
    try:
        if refusal(port, Deed("*", "*", "*")) is None:
            return {}
        return refusals(port, [Deed(*deed) for deed in created(namespace)])
    except ClusterRefused:
        return None


def _allowed(port: KubePort, kinds: list[Kind], namespace: str) -> frozenset[str]:
    """Give the keys of the kinds that may be listed in a namespace (a Namespace: that may be got by its name)."""
    try:
        answer = _rules(port, namespace)
    except ClusterRefused:
        status: dict[str, Any] = {"incomplete": True}
    else:
        status = answer.get("status") or {}
    rules = status.get("resourceRules") or []
    found = {kind.key for kind in kinds if any(_grants(rule, kind) for rule in rules)}
    if status.get("incomplete"):
        rest = [kind for kind in kinds if kind.key not in found]
        found |= {kind.key for kind in rest if may(port, _verb(kind), kind, namespace, _name(kind, namespace))}
    return frozenset(found)


def _verb(kind: Kind) -> str:
    return _LIST if kind.namespaced else "get"


def _name(kind: Kind, namespace: str) -> str:
    return "" if kind.namespaced else namespace


def _grants(rule: Mapping[str, Any], kind: Kind) -> bool:
    return (
        bool({"*", _verb(kind)} & set(rule.get("verbs") or ()))
        and bool({"*", kind.group} & set(rule.get("apiGroups") or ()))
        and bool({"*", kind.plural} & set(rule.get("resources") or ()))
        and not rule.get("resourceNames")
    )


def _rules(port: KubePort, namespace: str) -> dict[str, Any]:
    kind = "SelfSubjectRulesReview"
    question = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": {"namespace": namespace}}
    try:
        answer = msgspec.json.decode(port.post(RULES, msgspec.json.encode(question)))
    except msgspec.DecodeError as error:
        raise ClusterError(f"{RULES}: the answer is no {kind}") from error
    if not isinstance(answer, dict):
        raise ClusterError(f"{RULES}: the answer is no {kind}")
    return answer
