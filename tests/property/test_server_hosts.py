"""Hosts of Gateway servers collide exactly when two of them, compared as Kiali compares, do."""

from hypothesis import given
from hypothesis import strategies as st

from getmesh.analysis.catalogue import rules
from getmesh.model.kiali_serverhosts import ServedHost, colliding, served_host
from getmesh.model.snapshot import KialiSettings, Settings, Snapshot
from tests.fakes.manifests import manifest

NAMES = ("*", "x.com", "*.x.com", "y.x.com", "*.y.x.com", "*x.com", "z-x.com", "zx.com", "*.com", "com", "")
HOSTS = [f"{where}{name}" for where in ("", "*/", "./", "a/", "b/") for name in NAMES]


def _meet(one: ServedHost, other: ServedHost) -> bool:
    (name, target), (rival, claim) = one, other
    if target != claim and "*" not in (target, claim):
        return False
    if "*" in (name, rival) or name == rival:
        return True
    if name.startswith("*.") and rival.startswith("*."):
        return False
    return any(over.startswith("*") and under.endswith(over[1:]) for over, under in ((name, rival), (rival, name)))


@given(st.lists(st.sampled_from(HOSTS), max_size=8))
def test_a_host_is_found_if_another_meets_it(hosts: list[str]) -> None:
    nodes = {served_host(host, "a"): None for host in hosts}
    found = colliding(nodes)
    for node in nodes:
        rivals = {other for other in nodes if other != node and _meet(node, other)}
        assert (node in found) == bool(rivals)
        assert found.get(node) in {*rivals, None}


@given(st.lists(st.sampled_from(HOSTS), max_size=6), st.booleans())
def test_lone_stars_can_be_spared(hosts: list[str], skip: bool) -> None:
    server = {"port": {"number": 80}, "hosts": hosts}
    settings = Settings(kiali=KialiSettings(skip_wildcard_gateway_hosts=skip))
    (rule,) = rules(frozenset({"KIA0301"}))
    snapshot = Snapshot([manifest("Gateway", "a/edge", {"servers": [server]})], settings)
    found = {finding.path[-1] for finding in rule.check(snapshot)}
    kept = {place: served_host(host, "a") for place, host in enumerate(hosts)}
    kept = {place: node for place, node in kept.items() if not (skip and node[0] == "*")}
    expected = {
        place for place, node in kept.items() if any(_meet(node, other) for at, other in kept.items() if at != place)
    }
    assert found == expected
