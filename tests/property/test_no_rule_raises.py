"""No object whatever makes a rule raise: real ones, with values removed, replaced and multiplied at random."""

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.analysis.cases import read_cases
from getmesh.analysis.catalogue import Rule, rules
from getmesh.analysis.runner import run
from getmesh.model.objects import Object
from getmesh.model.snapshot import Settings, Snapshot
from tests.catalogue.worlds import world

RULES: tuple[Rule, ...] = rules()
JUNK: tuple[Any, ...] = (
    None, "", "*", "~", ".", "a/b", "x.y.z", "\x00", "é", 0, -1, 3.5, 10**30, True, [], {}, [None], [[]], [{}], [""],
    {"": None}, {"a": {"b": [None]}}, ["*"] * 50, {"number": "80"}, [{"host": 1}], "spiffe://[", "(", "{{ x }}",
)  # fmt: skip


def _corpus() -> list[list[dict[str, Any]]]:
    found = []
    for rule in RULES:
        for case in read_cases(rule.cases):
            snapshot, _ = world(case)
            found.append([dict(obj.raw) for obj in snapshot.objects])
    return found


CORPUS = _corpus()


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += _places(inner, (*path, key))
    return found


def _damage(value: dict[str, Any], chance: random.Random) -> None:
    for _ in range(chance.randint(1, 4)):
        places = [path for path in _places(value) if path[0] not in {"kind", "apiVersion"}]
        if not places:
            return
        *parents, last = chance.choice(places)
        holder: Any = value
        for step in parents:
            holder = holder[step]
        if chance.random() < 0.3:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(chance.choice(JUNK))


def _crashes(objects: list[dict[str, Any]], version: tuple[int, int], mode: str, mesh: Any) -> list[str]:
    built = Settings(istio_version=version, mode=mode, now=1.8e9, mesh_config=mesh)
    result = run(Snapshot([Object(raw) for raw in objects], built), RULES)
    for finding in result.findings:
        assert finding.message
        assert finding.order
    return [f"{crash.code}: {crash.error!r}" for crash in result.crashes]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**63))
def test_damaged_objects_crash_no_rule(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        objects = [copy.deepcopy(obj) for world in chance.sample(CORPUS, 3) for obj in world]
        for obj in objects:
            if chance.random() < 0.6:
                _damage(obj, chance)
        version = chance.choice([(1, 24), (1, 28), (1, 31), (1, 32)])
        mesh: Any = chance.choice([None, {}, {"rootNamespace": 5}, {"discoverySelectors": "x"}, {"defaultConfig": []}])
        assert _crashes(objects, version, chance.choice(["offline", "cluster"]), mesh) == []


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_json_in_a_spec_crashes_no_rule(data: st.DataObject) -> None:
    keys = st.sampled_from(
        ["hosts", "host", "http", "route", "match", "gateways", "servers", "port", "selector", "matchLabels", "rules",
         "from", "to", "when", "source", "exportTo", "egress", "subsets", "trafficPolicy", "template", "ports", "x"]
    )  # fmt: skip
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    json = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
    kinds = sorted({(str(obj.get("apiVersion")), str(obj.get("kind"))) for world in CORPUS for obj in world})
    objects = [
        {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": f"n{number}", "namespace": "default"}
            | data.draw(st.dictionaries(keys, json, max_size=1)),
            "spec": data.draw(json),
        }
        for number, (version, kind) in enumerate(data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=8)))
    ]
    mesh = data.draw(st.none() | st.dictionaries(keys, json, max_size=3))
    assert _crashes(objects, (1, 31), "offline", mesh) == []


@pytest.mark.parametrize("size", [1, 200])
def test_lists_of_any_length_are_taken(size: int) -> None:
    spec = {"hosts": ["a"] * size, "http": [{"match": [{}] * size, "route": [{}] * size}] * 3, "gateways": [""] * size}
    meta = {"name": "a", "namespace": "b"}
    obj = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": meta, "spec": spec}
    assert _crashes([obj], (1, 31), "offline", None) == []
