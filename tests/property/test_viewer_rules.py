"""Rules that answer for all viewers at once find what they would find for one viewer after the other."""

from collections.abc import Iterator
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.analysis.catalogue import rules
from getmesh.model.kiali_hosts import KialiHosts, within
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot
from tests.fakes.viewer_walk import holds, host, worlds

SUBSETS = st.lists(st.sampled_from(("v1", "v2")), max_size=2).map(lambda names: [{"name": name} for name in names])
TLS = st.sampled_from(({}, {"tls": {"mode": "ISTIO_MUTUAL"}}, {"tls": {}}))
RULE = st.fixed_dictionaries({"host": host, "subsets": SUBSETS, "trafficPolicy": TLS})
PORT = st.fixed_dictionaries({"number": st.sampled_from((80, 81)), "protocol": st.sampled_from(("HTTP", "TCP", ""))})
ENTRY = st.fixed_dictionaries(
    {"hosts": st.lists(host, min_size=1, max_size=2), "ports": st.lists(PORT, min_size=1, max_size=2)}
)
ROUTE = st.fixed_dictionaries(
    {
        "hosts": st.lists(host, max_size=2),
        "gateways": st.lists(st.sampled_from(("mesh", "gw")), max_size=2),
        "http": st.tuples(host, st.sampled_from(("v1", "v2"))).map(
            lambda pair: [{"route": [{"destination": {"host": pair[0], "subset": pair[1]}}]}]
        ),
    }
)


def _found(snapshot: Snapshot, code: str) -> set[tuple[str, str, str]]:
    (rule,) = rules(frozenset({code}))
    return {(item.object.namespace, item.object.name, str(item.path)) for item in rule.check(snapshot)}


def _places(objects: Iterator[Object], path: str) -> set[tuple[str, str, str]]:
    return {(obj.namespace, obj.name, path) for obj in objects}


def _overlapping(snapshot: Snapshot) -> Iterator[Object]:
    hosts, domain = snapshot.service(KialiHosts), snapshot.service(KialiMembership).domain
    for viewer in snapshot.service(KialiMembership).viewers:
        kept = [item for item in snapshot.each("DestinationRule") if holds(snapshot, viewer, item, [item.spec["host"]])]
        for one, other in permutations(kept, 2):
            wide = [
                rule.spec["trafficPolicy"].get("tls", {}).get("mode") == "ISTIO_MUTUAL"
                and rule.spec["host"] in ("*.local", f"*.{rule.namespace}.{domain}")
                for rule in (one, other)
            ]
            texts = [hosts.resolve(rule.spec["host"], rule.namespace).text for rule in (one, other)]
            names = [{item["name"] for item in rule.spec["subsets"]} for rule in (one, other)]
            meet = texts[0] == texts[1] or within(texts[0], texts[1]) or within(texts[1], texts[0])
            if not any(wide) and meet and (not all(names) or names[0] & names[1]):
                yield one


@given(worlds({"DestinationRule": RULE}))
@settings(max_examples=60, deadline=None)
def test_rules_overlap_if_some_viewer_imports_both(snapshot: Snapshot) -> None:
    assert _found(snapshot, "KIA0201") == _places(_overlapping(snapshot), "('spec', 'host')")


def _claimed(snapshot: Snapshot) -> Iterator[Object]:
    hosts = snapshot.service(KialiHosts)
    for viewer in snapshot.service(KialiMembership).viewers:
        claims = [
            (route, gateway, hosts.resolve(raw, route.namespace))
            for route in snapshot.each("VirtualService")
            if holds(snapshot, viewer, route, route.spec["hosts"])
            for gateway in route.spec["gateways"] or [None]
            for raw in route.spec["hosts"]
        ]
        for (route, gateway, one), (_, rival, other) in permutations(claims, 2):
            same = (gateway, one.full, one.namespace) == (rival, other.full, other.namespace)
            if same and (one.service == other.service or "*" in (one.service, other.service)):
                yield route


@given(worlds({"VirtualService": ROUTE}))
@settings(max_examples=60, deadline=None)
def test_hosts_are_claimed_twice_if_some_viewer_imports_both(snapshot: Snapshot) -> None:
    assert _found(snapshot, "KIA1106") == _places(_claimed(snapshot), "('spec', 'hosts')")


def _without_subset(snapshot: Snapshot) -> Iterator[Object]:
    hosts = snapshot.service(KialiHosts)
    for viewer in snapshot.service(KialiMembership).viewers:
        kept = [item for item in snapshot.each("DestinationRule") if holds(snapshot, viewer, item, [item.spec["host"]])]
        for route in snapshot.each("VirtualService"):
            target = route.spec["http"][0]["route"][0]["destination"]
            wanted = hosts.resolve(target["host"], route.namespace)
            defined = any(
                text in hosts.targets(wanted) or within(wanted.text, text)
                for rule in kept
                if {"name": target["subset"]} in rule.spec["subsets"]
                for text in [hosts.resolve(rule.spec["host"], rule.namespace).text]
            )
            if target["host"] and not defined and holds(snapshot, viewer, route, route.spec["hosts"]):
                yield route


@given(worlds({"DestinationRule": RULE, "VirtualService": ROUTE}))
@settings(max_examples=60, deadline=None)
def test_a_subset_is_missing_if_some_viewer_lacks_it(snapshot: Snapshot) -> None:
    path = "('spec', 'http', 0, 'route', 0, 'destination')"
    assert _found(snapshot, "KIA1107") == _places(_without_subset(snapshot), path)


def _ports(snapshot: Snapshot, *, conflicting: bool) -> set[tuple[str, str, str]]:
    found = set()
    for viewer in snapshot.service(KialiMembership).viewers:
        ports = [
            (entry, place, raw.lower(), port["number"], port["protocol"])
            for entry in snapshot.each("ServiceEntry")
            if holds(snapshot, viewer, entry, entry.spec["hosts"])
            for place, port in enumerate(entry.spec["ports"])
            for raw in entry.spec["hosts"]
        ]
        for at, (entry, place, raw, number, protocol) in enumerate(ports):
            others = [item[4] for to, item in enumerate(ports) if to != at and item[2:4] == (raw, number)]
            conflict = any(other != protocol for other in others)
            if others and conflict == conflicting:
                found.add((entry.namespace, entry.name, f"('spec', 'ports', {place})"))
    return found


@given(worlds({"ServiceEntry": ENTRY}))
@settings(max_examples=60, deadline=None)
def test_ports_meet_if_some_viewer_imports_both(snapshot: Snapshot) -> None:
    assert _found(snapshot, "KIA1211") == _ports(snapshot, conflicting=False)
    assert _found(snapshot, "KIA1212") == _ports(snapshot, conflicting=True)
