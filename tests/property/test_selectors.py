"""Indexed selectors answer as trying every one would."""

from hypothesis import given
from hypothesis import strategies as st

from getmesh.model.selectors import LabelIndex, SelectorIndex, matches

LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "22", ""]), max_size=3)


@given(st.lists(LABELS, max_size=8), LABELS)
def test_labels_find_exactly_the_selectors_that_match_them(
    selectors: list[dict[str, str]], labels: dict[str, str]
) -> None:
    index = SelectorIndex((selector, place) for place, selector in enumerate(selectors))
    wanted = [place for place, selector in enumerate(selectors) if matches(selector, labels)]
    assert sorted(index.matching(labels)) == wanted
    assert index.any(labels) is bool(wanted)


@given(st.lists(LABELS, max_size=8), LABELS)
def test_a_selector_finds_exactly_the_labels_that_it_matches(
    members: list[dict[str, str]], selector: dict[str, str]
) -> None:
    index = LabelIndex((labels, place) for place, labels in enumerate(members))
    assert index.select(selector) == [place for place, labels in enumerate(members) if matches(selector, labels)]
