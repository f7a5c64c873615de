"""Regular expressions: "the syntax of the regular expressions accepted is … RE2" (Go, ``regexp/syntax``)."""

import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.model.validation.patterns import regex

PIECES = (
    "a", "b", "(", ")", "[", "]", "*", "+", "?", "|", "{2}", "{2,3}", "{2,}", "^", "$", ".", r"\d", "\\", "-", "(?i)",
    "(?:", "(?P<n>", r"\Q", r"\E", "{", "}", r"\x41", "[^", r"\pL", r"\p{Greek}", "[:alpha:]", ",", "9", r"\b", r"\z",
)  # fmt: skip


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_our_parser_and_the_re2_library_agree(pattern: str) -> None:
    if pattern.count("(?P<n>") > 1:
        return  # Go lets a name be given twice, the library does not
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
        compiles = True
    except re2.error:
        compiles = False
    assert (regex(pattern) == "") is compiles, regex(pattern)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.text(max_size=1200))
def test_any_text_gets_a_verdict(pattern: str) -> None:
    assert isinstance(regex(pattern), str)
