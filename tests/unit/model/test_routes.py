"""What VirtualServices route to and match on."""

from typing import Any

import pytest

from getmesh.model.paths import path_text
from getmesh.model.routes import Routes, match_key, match_tag, string_match
from getmesh.model.snapshot import Snapshot
from tests.fakes.manifests import manifest


def _targets(spec: dict[str, Any]) -> list[tuple[str, str, str, int | None, bool]]:
    ((_, targets),) = Snapshot([manifest("VirtualService", "shop/cart", spec)]).service(Routes).each()
    return [(path_text(found.path), found.host, found.subset, found.port, found.mirror) for found in targets]


def test_every_destination_is_found_with_its_place_and_mirrors_follow_their_route() -> None:
    spec = {
        "http": [
            {
                "mirror": {"host": "m"},
                "mirrors": [{"destination": {"host": "n", "port": {"number": "81"}}}],
                "route": [{"destination": {"host": "a", "subset": "v1", "port": {"number": 80}}}],
            }
        ],
        "tls": [{"route": [{"destination": {"host": "b", "port": {}}}]}],
        "tcp": [{"route": [{"destination": {"host": "c"}}]}],
    }
    assert _targets(spec) == [
        ("spec.tcp[0].route[0].destination", "c", "", None, False),
        ("spec.tls[0].route[0].destination", "b", "", 0, False),
        ("spec.http[0].route[0].destination", "a", "v1", 80, False),
        ("spec.http[0].mirror", "m", "", None, True),
        ("spec.http[0].mirrors[0].destination", "n", "", 81, True),
    ]


def test_what_is_missing_reads_as_empty_and_a_redirect_has_no_destination() -> None:
    spec = {"http": [None, {"redirect": {"uri": "/"}}, {"route": [None, {}], "mirrors": [None], "mirror": {}}]}
    assert [(path, host) for path, host, *_ in _targets(spec)] == [
        ("spec.http[2].route[0].destination", ""),
        ("spec.http[2].route[1].destination", ""),
        ("spec.http[2].mirror", ""),
        ("spec.http[2].mirrors[0].destination", ""),
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"name": "x"}, {}, True),
        ({"port": 0, "ignoreUriCase": False, "gateways": [], "headers": {}, "statPrefix": ""}, {}, True),
        ({"port": 80}, {"port": "80"}, True),
        ({"port": 80}, {"port": 80.0}, True),
        ({"uri": {}}, {}, False),
        ({"uri": {}}, {"uri": {"exact": ""}}, False),
        ({"uri": {"exact": "a", "regex": "b"}}, {"uri": {"regex": "b"}}, True),
        ({"uri": {"exact": "a"}}, {"uri": {"prefix": "a"}}, False),
        ({"headers": {"a": {"exact": "1"}, "b": {}}}, {"headers": {"b": None, "a": {"exact": "1"}}}, True),
        ({"gateways": ["a", "b"]}, {"gateways": ["b", "a"]}, False),
        ({"sourceLabels": {"a": "1", "b": "2"}}, {"sourceLabels": {"b": "2", "a": "1"}}, True),
        ({"sniHosts": ["a"]}, {"sniHosts": ["a"], "sourceNamespace": "x"}, False),
    ],
)
def test_matches_are_the_same_when_they_decode_to_the_same(one: Any, other: Any, same: bool) -> None:
    assert (match_key(one) == match_key(other)) is same


@pytest.mark.parametrize(
    ("value", "tag"),
    [({"exact": "a"}, "exact:a"), ({"prefix": "a"}, "prefix:a"), ({"regex": "a"}, ""), ({"exact": ""}, ""), (None, "")],
)
def test_regular_expressions_have_no_tag(value: Any, tag: str) -> None:
    assert match_tag(value) == tag


def test_the_arm_that_is_declared_last_counts() -> None:
    assert string_match({"exact": "a", "prefix": "b"}) == ("prefix", "b")
    assert string_match({}) == ("", "")
