"""Host names, istioctl's way."""

import pytest

from getmesh.model.hosts import HostIndex, SuffixIndex, complete, identity, overlap


@pytest.mark.parametrize(
    ("host", "full"),
    [
        ("reviews", "reviews.shop.svc.mesh.internal"),
        ("", ".shop.svc.mesh.internal"),
        ("reviews.shop", "reviews.shop"),
        ("reviews.shop.svc", "reviews.shop.svc"),
        ("*", "*"),
        ("*ext", "*ext"),
        ("*.example.com", "*.example.com"),
    ],
)
def test_only_bare_names_are_completed(host: str, full: str) -> None:
    assert complete("shop", host, "mesh.internal") == full


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("reviews.shop.svc.cluster.local", ("shop", "reviews")),
        ("a.b.shop.svc.cluster.local", ("shop", "a.b")),
        ("shop.svc.cluster.local", ("own", "shop.svc.cluster.local")),
        (".shop.svc.cluster.local", ("own", ".shop.svc.cluster.local")),
        ("a..svc.cluster.local", ("own", "a..svc.cluster.local")),
        ("reviews.shop", ("own", "reviews.shop")),
        ("reviews", ("own", "reviews")),
        ("reviews.shop.svc.Cluster.local", ("own", "reviews.shop.svc.Cluster.local")),
    ],
)
def test_only_a_full_service_name_leaves_the_own_namespace(host: str, found: tuple[str, str]) -> None:
    assert identity("own", host, "cluster.local") == found


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("a.x", "a.x", True),
        ("a.x", "A.x", False),
        ("*.x", "a.x", True),
        ("*.x", "x", False),
        ("*x", "x", True),
        ("*", "", True),
        ("*.b.x", "*.x", True),
        ("*.b.x", "*.c.x", False),
        ("*-eu.x", "a-eu.x", True),
        ("a.*", "a.b", False),
    ],
)
def test_wildcards_cover_what_ends_with_their_rest(one: str, other: str, meet: bool) -> None:
    assert overlap(one, other) is meet
    assert overlap(other, one) is meet


def test_the_longest_wildcard_comes_first() -> None:
    index: SuffixIndex[str] = SuffixIndex()
    for rest in ("", ".x", ".b.x", ".c.x"):
        index.add(rest, f"*{rest}")
    assert list(index.covering("a.b.x")) == [["*.b.x"], ["*.x"], ["*"]]


def test_members_added_after_a_question_are_found() -> None:
    index: HostIndex[int] = HostIndex()
    index.add("a.x", 1)
    assert list(index.overlapping("*.x")) == [1]
    index.add("b.x", 2)
    index.add("*.x", 3)
    assert sorted(index.overlapping("*.x")) == [1, 2, 3]
    assert not index.any("a.y")
