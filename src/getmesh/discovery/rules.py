"""DestinationRules as istiod holds them: merged by host and namespace, found by client and service.

Istio: ``setDestinationRules``, ``mergeDestinationRule`` and ``destinationRule`` of ``pilot/pkg/model``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from getmesh.discovery.naming import PRIVATE, PUBLIC, complete, exports
from getmesh.discovery.services import created
from getmesh.model.hosts import SuffixIndex
from getmesh.model.objects import Object, as_list, as_map, as_strings, as_text
from getmesh.model.selectors import matches


class Rule:
    """One DestinationRule, or several of a host that count as one.

    Attributes:
        namespace, name: of the first one, which names the merged rule.
        host: full name.
        export_to: as declared; ``{"."}`` with a workload selector.
        selector: labels of the clients that it is for, None for all.
        policy: top-level traffic policy, None if there is none.
        subsets: of equal names the first.
        sources: the objects that were merged.
    """

    __slots__ = ("export_to", "host", "name", "namespace", "policy", "selector", "sources", "subsets")

    def __init__(self, source: Object, host: str, export_to: frozenset[str]) -> None:
        self.namespace = source.namespace
        self.name = source.name
        self.host = host
        self.export_to = export_to
        selector = source.spec.get("workloadSelector")
        self.selector = as_strings(as_map(selector).get("matchLabels")) if isinstance(selector, dict) else None
        policy = source.spec.get("trafficPolicy")
        self.policy: Mapping[str, Any] | None = policy if isinstance(policy, dict) else None
        self.subsets: list[Mapping[str, Any]] = [as_map(item) for item in as_list(source.spec.get("subsets"))]
        self.sources = [source]

    def copy(self) -> "Rule":
        """Give a rule that can be merged into without changing this one."""
        return Rule(self.sources[0], self.host, self.export_to)

    def absorb(self, other: "Rule") -> None:
        """Take over subsets of new names, and the traffic policy if there is none."""
        held = {as_text(subset.get("name")) for subset in self.subsets}
        self.subsets = [*self.subsets, *(item for item in other.subsets if as_text(item.get("name")) not in held)]
        self.policy = other.policy if self.policy is None else self.policy
        self.sources = [*self.sources, *other.sources]


class _Hosts:
    """Rules of one namespace by host."""

    def __init__(self) -> None:
        self.rules: dict[str, list[Rule]] = {}
        self._wild: SuffixIndex[list[Rule]] = SuffixIndex()

    def add(self, rule: Rule, *, enhanced: bool) -> None:
        """Merge a rule into those of its host, or put it beside them."""
        held = self.rules.get(rule.host)
        if held is None:
            self.rules[rule.host] = held = [rule.copy()]
            if rule.host.startswith("*"):
                self._wild.add(rule.host[1:], held)
        elif _merge(rule, held, enhanced=enhanced):
            held.append(rule.copy())

    def best(self, host: str) -> list[Rule] | None:
        """Give the rules of a host, or of the longest wildcard that covers it."""
        found = self.rules.get(host)
        if found is not None:
            return found
        for covering in self._wild.covering(host.removeprefix("*")):
            return covering[0]
        return None


def _merge(rule: Rule, held: list[Rule], *, enhanced: bool) -> bool:
    """Merge a rule into the held ones that allow it; say whether it stands beside them, too."""
    apart = True
    for other in held:
        if enhanced:
            apart = rule.export_to != other.export_to
            if apart and not (other.export_to and rule.export_to >= other.export_to):
                continue
        if rule.selector is not None and other.selector is not None and rule.selector != other.selector:
            apart = True
            continue
        if (rule.selector is None) == (other.selector is None):
            apart = False
        other.absorb(rule)
    return apart


class RuleIndex:
    """All DestinationRules.

    Args:
        objects: DestinationRules that istiod uses.
        domain: DNS suffix of the cluster.
        root: root namespace.
        private_default: rules without ``exportTo`` stay in their namespace.
        enhanced: rules merge only if their ``exportTo`` allows it.
    """

    def __init__(
        self, objects: Iterable[Object], domain: str, root: str, *, private_default: bool, enhanced: bool
    ) -> None:
        self._root = root
        self._local: dict[str, _Hosts] = {}
        self._exported: dict[str, _Hosts] = {}
        self._root_local = _Hosts()
        for obj in sorted(objects, key=_age):
            host = complete(as_text(obj.spec.get("host")), obj.namespace, domain)
            selected = isinstance(obj.spec.get("workloadSelector"), dict)
            export_to = frozenset({PRIVATE}) if selected else exports(obj.spec.get("exportTo"))
            rule = Rule(obj, host, export_to)
            own = {PRIVATE, obj.namespace}
            if not export_to or export_to & (own | {PUBLIC}):
                self._local.setdefault(obj.namespace, _Hosts()).add(rule, enhanced=enhanced)
            if (private_default and not export_to) or (len(export_to) == 1 and export_to <= own):
                if obj.namespace == root:
                    self._root_local.add(rule, enhanced=enhanced)
            else:
                self._exported.setdefault(obj.namespace, _Hosts()).add(rule, enhanced=enhanced)
        self._found: dict[tuple[str, str, str], tuple[Rule, ...]] = {}
        self._special = {root, *self._local, *self._named()}
        self._interned: dict[tuple[int, ...], Rule] = {}

    def of(self, client: str, host: str, owner: str) -> tuple[Rule, ...]:
        """Give the rules that clients of a namespace use for a service of a namespace.

        A merged rule is one object, whichever way a client comes to it; so proxies can share what follows from it.
        """
        key = (client if client in self._special else "", host, owner)
        found = self._found.get(key)
        if found is None:
            rules = self._find(key[0], host, owner)
            found = self._found[key] = tuple(
                self._interned.setdefault(tuple(map(id, rule.sources)), rule) for rule in rules
            )
        return found

    def _named(self) -> Iterable[str]:
        """Yield the namespaces that rules are exported to by name."""
        for hosts in self._exported.values():
            for rules in hosts.rules.values():
                for rule in rules:
                    yield from rule.export_to - {PUBLIC, PRIVATE}

    def _find(self, client: str, host: str, owner: str) -> Iterable[Rule]:
        local = self._root_local if client == self._root else self._local.get(client)
        found = local.best(host) if local else None
        if found is not None:
            return found
        for namespace in (owner, self._root):
            exported = self._exported.get(namespace)
            held = exported.best(host) if exported else None
            usable = [rule for rule in held or () if not rule.export_to or rule.export_to & {PUBLIC, client}]
            if usable:
                return usable
        return ()


def _age(obj: Object) -> tuple[bool, str, str, str]:
    return not isinstance(obj.spec.get("workloadSelector"), dict), created(obj), obj.name, obj.namespace


def choose(rules: Iterable[Rule], scope_namespace: str, labels: Mapping[str, str], *, outbound: bool) -> Rule | None:
    """Choose the rule for one proxy: one whose selector fits it (outbound only), else the last for everybody."""
    general = None
    for rule in rules:
        if rule.selector is None:
            general = rule
        elif outbound and rule.namespace == scope_namespace and matches(rule.selector, labels):
            return rule
    return general


def for_port(policy: Mapping[str, Any] | None, number: int) -> tuple[Mapping[str, Any] | None, bool]:
    """Give the traffic policy of a port and whether the port has its own; then nothing is inherited."""
    for item in as_list(policy.get("portLevelSettings")) if policy else ():
        port = as_map(item).get("port")
        if isinstance(port, dict) and port.get("number") == number:
            return as_map(item), True
    return policy, False


def merged_policy(rule: Rule | None, subset: str, number: int) -> Mapping[str, Any] | None:
    """Give the traffic policy of a subset (``""``: of the whole) and port."""
    if rule is None:
        return None
    general, _ = for_port(rule.policy, number)
    own = subset_of(rule, subset)
    special = own.get("trafficPolicy") if own else None
    if not isinstance(special, dict):
        return general
    narrow, by_port = for_port(special, number)
    if general is None or narrow is None:
        return narrow
    merged = {key: value for key, value in general.items() if key != "portLevelSettings"}
    for key in ("connectionPool", "outlierDetection", "loadBalancer", "tls"):
        if by_port or narrow.get(key) is not None:
            merged[key] = narrow.get(key)
    return merged


def subset_of(rule: Rule | None, name: str) -> Mapping[str, Any] | None:
    """Give a subset by name, None if there is none."""
    if rule is None:
        return None
    return next((item for item in rule.subsets if as_text(item.get("name")) == name), None)


def balancer(policy: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Give the load balancer settings of a policy."""
    return as_map(policy.get("loadBalancer")) if policy else {}


def passes_through(policy: Mapping[str, Any] | None) -> bool:
    """Whether a policy sends to the original destination."""
    return balancer(policy).get("simple") == "PASSTHROUGH"


def wants_healthy(policy: Mapping[str, Any] | None) -> bool:
    """Whether a policy withholds unready endpoints: a minimum share of healthy ones is asked for."""
    share = as_map(policy.get("outlierDetection")).get("minHealthPercent") if policy else None
    return isinstance(share, int | float) and not isinstance(share, bool) and share > 0


def mutual_tls(rule: Rule | None, subset: str, number: int) -> bool | None:
    """Whether a rule asks for Istio's mutual TLS; None if it does not speak of TLS."""
    if rule is None:
        return None
    mode = None
    if subset:
        held = subset_of(rule, subset)
        if held is None:
            return None
        mode = _tls_mode(as_map(held.get("trafficPolicy")), number)
    mode = _tls_mode(rule.policy or {}, number) if mode is None else mode
    return None if mode is None else mode == "ISTIO_MUTUAL"


def _tls_mode(policy: Mapping[str, Any], number: int) -> str | None:
    found = policy.get("tls")
    mode = (as_text(found.get("mode")) or "DISABLE") if isinstance(found, dict) else None
    for item in map(as_map, as_list(policy.get("portLevelSettings"))):
        if as_map(item.get("port")).get("number") == number and isinstance(item.get("tls"), dict):
            return as_text(as_map(item.get("tls")).get("mode")) or "DISABLE"
    return mode
