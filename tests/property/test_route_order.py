"""The indexed search for ineffective matches finds what comparing every pair would find."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from getmesh.model.routeorder import RouteOrder
from getmesh.model.routes import match_key, match_tag
from getmesh.model.snapshot import Snapshot
from tests.fakes.manifests import manifest

_value = st.sampled_from([{"exact": "a"}, {"exact": "ab"}, {"prefix": "a"}, {"regex": "a"}, {}])
_map = st.dictionaries(st.sampled_from(["x", "y"]), _value, max_size=2)
_match = st.fixed_dictionaries(
    {},
    optional={
        "uri": st.sampled_from([{"prefix": "/"}, {"prefix": "/a"}, {"prefix": "/ab"}, {"exact": "/a"}, {"prefix": ""}]),
        "port": st.sampled_from([0, 80]),
        "method": _value,
        "authority": _value,
        "headers": _map,
        "queryParams": _map,
        "withoutHeaders": _map,
    },
)


def _prefix(match: dict[str, Any]) -> str:
    return str(match.get("uri", {}).get("prefix", ""))


def _covers(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = _prefix(one), _prefix(other)
    if not first or first == second or not second.startswith(first) or one.get("port", 0) != other.get("port", 0):
        return False
    method = match_tag(other.get("method")) or "exact:GET"
    if not (match_tag(one.get("method")) or "exact:GET").startswith(method):
        return False
    if not match_tag(one.get("authority")).startswith(match_tag(other.get("authority"))):
        return False
    for key in ("headers", "queryParams", "withoutHeaders"):
        mine, its = one.get(key, {}), other.get(key, {})
        if mine.keys() != its.keys():
            return False
        if not all(match_tag(mine[name]).startswith(match_tag(its[name])) for name in mine):
            return False
    return True


@given(st.lists(_match, min_size=1, max_size=6))
def test_covered_and_repeated_matches_are_those_that_pairs_show(matches: list[dict[str, Any]]) -> None:
    wanted: set[int] = set()
    remembered: list[dict[str, Any]] = []
    for place, match in enumerate(matches):
        if any(match_key(match) == match_key(other) for other in remembered):
            wanted.add(place)
            continue
        if any(_covers(other, match) for other in remembered):
            wanted.add(place)
        remembered.append(match)
    route = manifest("VirtualService", "shop/cart", {"hosts": ["cart"], "http": [{"match": matches}]})
    found = Snapshot([route]).service(RouteOrder).matches
    assert {unused.path[-1] for unused in found} == wanted
    assert len(found) == len(wanted)
