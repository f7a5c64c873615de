import pytest

from getmesh.analysis.selection import choose, expand
from getmesh.errors import UsageError

KNOWN = ("GM0101", "IST0101", "IST0102", "KIA0101", "KIA1101", "KIA1301")


def test_a_beginning_means_every_code_that_begins_so() -> None:
    assert expand(["ist", "KIA11"], KNOWN, "x") == {"IST0101", "IST0102", "KIA1101"}


def test_a_pattern_that_means_nothing_is_refused_with_the_nearest_codes() -> None:
    with pytest.raises(UsageError) as caught:
        expand(["IST0105"], KNOWN, "--select")
    assert "IST010" in caught.value.hint


def test_nothing_selected_means_all_but_what_is_ignored() -> None:
    assert choose([], ["KIA1301"], KNOWN) == set(KNOWN) - {"KIA1301"}


def test_ignoring_wins_over_selecting() -> None:
    assert choose(["IST"], ["IST0102"], KNOWN) == {"IST0101"}
