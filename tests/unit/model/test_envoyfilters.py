"""The patches of EnvoyFilters as analysis sees them."""

from typing import Any

import pytest

from getmesh.model.envoyfilters import RelativePatches, patches
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot


def _filter(*entries: Any, name: str = "a", **spec: Any) -> Object:
    meta = {"name": name, "namespace": "shop"}
    spec["configPatches"] = list(entries)
    return Object({"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": meta, "spec": spec})


def _entry(operation: Any, place: Any = "HTTP_FILTER", value: Any = None, versioned: bool = False) -> dict[str, Any]:
    patch = {"operation": operation} | ({} if value is None else {"value": value})
    match = {"proxy": {"proxyVersion": "1.*"}} if versioned else {}
    return {"applyTo": place, "patch": patch, "match": match}


@pytest.mark.parametrize("entry", [None, {}, {"patch": None}, {"applyTo": "CLUSTER"}])
def test_an_entry_without_a_patch_ends_the_object(entry: Any) -> None:
    found = [patch.position for patch in patches(_filter(_entry("ADD"), entry, _entry("ADD")))]
    assert found == [0]


def test_enum_numbers_count_as_their_names() -> None:
    (patch,) = patches(_filter(_entry(3, 5)))
    assert (patch.operation, patch.place) == ("REMOVE", "ROUTE_CONFIGURATION")
    (patch,) = patches(_filter({"patch": {}}))
    assert (patch.operation, patch.place) == ("INVALID", "INVALID")


@pytest.mark.parametrize(
    ("operation", "place", "relative"),
    [
        ("INSERT_BEFORE", "CLUSTER", True),
        ("INSERT_AFTER", "HTTP_ROUTE", True),
        ("INSERT_FIRST", "HTTP_FILTER", False),
        ("REMOVE", "CLUSTER", True),
        ("REMOVE", "HTTP_ROUTE", False),
        ("REPLACE", "VIRTUAL_HOST", True),
        ("REPLACE", "CLUSTER", False),
        ("MERGE", "HTTP_FILTER", False),
        ("ADD", "HTTP_FILTER", False),
    ],
)
def test_only_patches_that_need_a_neighbour_are_relative(operation: str, place: str, relative: bool) -> None:
    (patch,) = patches(_filter(_entry(operation, place)))
    assert patch.relative is relative


def _relative(*filters: Object) -> tuple[list[int], list[int]]:
    found = Snapshot(filters).service(RelativePatches)
    return [patch.position for _, patch in found.plain], [patch.position for _, patch in found.versioned]


def test_a_versioned_patch_is_remembered_for_later_ones_of_its_name() -> None:
    first = _entry("INSERT_BEFORE", value={"name": "x"}, versioned=True)
    second = _entry("INSERT_BEFORE", value={"name": "x"})
    other = _entry("INSERT_BEFORE", value={"name": 1})
    assert _relative(_filter(first, second, other)) == ([0, 2], [1])


def test_the_memory_crosses_filters_in_order_of_their_names() -> None:
    versioned = _filter(_entry("ADD", value={"name": "x"}, versioned=True), name="m")
    before = _filter(_entry("INSERT_BEFORE", value={"name": "x"}), name="a")
    after = _filter(_entry("INSERT_BEFORE", value={"name": "x"}), name="z")
    found = Snapshot([after, versioned, before]).service(RelativePatches)
    assert [obj.name for obj, _ in found.plain] == ["a"]
    assert [obj.name for obj, _ in found.versioned] == ["z"]


def test_a_name_that_is_looked_for_is_no_name_that_is_added() -> None:
    added = _entry("ADD", value={"name": "x"}, versioned=True)
    looking = _entry("INSERT_BEFORE", value={})
    looking["match"] = {"listener": {"filterChain": {"filter": {"name": "x"}}}}
    assert _relative(_filter(added, looking)) == ([1], [])


def test_any_priority_but_zero_sets_the_order() -> None:
    assert _relative(_filter(_entry("INSERT_BEFORE"), priority=-1)) == ([], [])
    assert _relative(_filter(_entry("INSERT_BEFORE"), priority="5")) == ([], [])
    assert _relative(_filter(_entry("INSERT_BEFORE"), priority=0)) == ([0], [])
