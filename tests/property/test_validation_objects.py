"""Field validation: any JSON at any place gets a verdict, and the short cut by schema changes none."""

import copy
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.analysis.cases import read_cases
from getmesh.analysis.catalogue import modules, rules
from getmesh.model.fields import decode, decodes, schema, table
from getmesh.model.fields.pruning import stored
from getmesh.model.fields.structure import inspect
from getmesh.model.objects import Object
from getmesh.model.validation import CHECKS, Faults, validate
from getmesh.sources.reading import read

CODES = frozenset(code for code in modules() if code.startswith("GM000") or code in {"IST0106", "IST0133"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _corpus() -> list[dict[str, Any]]:
    found = []
    for rule in rules(CODES):
        for case in read_cases(rule.cases):
            found += [dict(obj.raw) for obj in read(["-"], stdin=case.config.encode(), jobs=1).objects]
    return [raw for raw in found if Object(raw).key in CHECKS]


CORPUS = _corpus()


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in pairs for inner in _places(item, (*path, key)))]


def _damaged(number: int, junk: Any, seed: int) -> Object:
    raw = copy.deepcopy(CORPUS[number % len(CORPUS)])
    path = random.Random(seed).choice(
        [path for path in _places(raw) if path[:1] not in ((), ("kind",), ("apiVersion",))]
    )
    holder: Any = raw
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = junk
    return Object(raw)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), JSON, st.integers(0, 10**6))
def test_any_value_at_any_place_gets_a_verdict(number: int, junk: Any, seed: int) -> None:
    obj = _damaged(number, junk, seed)
    assert isinstance(decodes(obj), bool)
    assert isinstance(validate(obj), Faults)
    assert inspect(obj, 20) is not None
    assert stored(obj).identity == obj.identity


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), JSON, st.integers(0, 10**6))
def test_what_the_schema_passes_decodes_and_is_judged_as_if_decoded(number: int, junk: Any, seed: int) -> None:
    obj = _damaged(number, junk, seed)
    spec = obj.raw.get("spec")
    if not schema.fits(obj.key, spec):
        return
    fields = table(obj.key)
    assert fields is not None
    decoded = decode(fields, {"spec": spec})
    assert decoded.faults == []
    assert [oddity for oddity in inspect(obj, schema.NEWEST) if oddity.path[0] == "spec"] == []
    slow = Faults()
    CHECKS[obj.key](decoded.spec, obj.name, obj.namespace, slow)
    quick = validate(obj)
    assert (quick.errors, quick.warnings, quick.lost) == (slow.errors, slow.warnings, slow.lost)
