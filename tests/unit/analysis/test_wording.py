"""How messages name several things."""

from getmesh.analysis.wording import listing, others


def test_a_long_listing_says_how_many_more_there_are() -> None:
    assert listing([]) == ""
    assert listing(["a", "b"]) == "a, b"
    assert listing("abcdefg") == "a, b, c, d, e and 2 more"


def test_one_of_a_group_is_told_of_the_others_alone() -> None:
    assert others(["a", "b"], "a") == (["b"], "b")
    assert others(list("abcdef"), "f") == (list("abcde"), "a, b, c, d, e")
    assert others(list("abcdefgh"), "b") == (list("acdef"), "a, c, d, e, f and 2 more")
    assert others(["a"], "a") == ([], "")
