import time

import pytest

from getmesh.model.validation import amounts, cel, headers, uris
from getmesh.model.validation.patterns import regex

REFUSED = (
    "(?=a) (?!a) (?<=a) (?<!a) (?>a) (?#a) (?P=n) (?'n'x) (?x)a \\1 a** a++ a*+ a{2}{3} \\Z \\h \\R \\K \\G \\X \\N \\e"
    " \\c. \\u1234 \\C [\\b] [\\Qa\\E] \\8 \\ (a{100}){11} a{1001} a{3,2} * (*) a|* (?i)* ( ) [ [z-a] [a-\\d] [a--]"
    " [[:foo:]] \\p{Foo} \\pq [] [^] \\x1 \\x{} \\x{110000} (?P<>a) (?P<a-b>a) (?-) (?z)"
)
TAKEN = (
    "(?:a) (?P<n>a) (?<n>b) (?P<n>a)(?P<n>b) (?P<1>a) (?i)a (?i-s:a) (?)a \\A\\z\\b\\B\\a\\f\\n\\r\\t\\v\\0\\012\\d\\D"
    " \\pL\\p{Greek}\\P{Greek}\\p{^L} \\Qa.*\\E a\\_ a{,5} { ^* $* \\b* a| () (|) [a-] [a-z-9] [[=a=]] a*? a{2}? []a]"
    " [^]] \\11 [\\d-z] a(?i)* a*(?i)* \\Q(\\E [[:^alpha:]] (a{7}){142} a{05} \\x{1F600} [\\x41-Z] \\Q\\E"
)


@pytest.mark.parametrize("pattern", REFUSED.split(" "))
def test_what_re2_does_not_know_is_refused(pattern: str) -> None:
    assert regex(pattern)


@pytest.mark.parametrize("pattern", TAKEN.split(" "))
def test_what_re2_knows_is_taken(pattern: str) -> None:
    assert regex(pattern) == ""


def test_a_pattern_has_at_most_1024_bytes() -> None:
    assert regex("a" * 1024) == ""
    assert regex("é" * 513)


@pytest.mark.parametrize("pattern", ["(" * 512 + ")" * 512, "a{1,1000}" * 110, "(a|" * 255 + ")" * 255])
def test_a_pattern_is_read_in_no_time(pattern: str) -> None:
    start = time.perf_counter()
    regex(pattern)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "text",
    ["a", "a.b == 1", "has(a.b)", "has((a.b))", "a.all(x, x > 1)", "[1,2,]", "[,]", "{'a': 1,}", "{}", "0x1F", "1u",
     "a.b.C{f: 1,}",
     ".a.b", ".f()", "a ? b : c ? d : e", "!!a", "--1", "!-5", "a in [1]", r"'\x41'", r'r"\d"', "b'a'", "a[1].b(c, d)",
     "a.map(x, x, y)", "a.all(x)", "a.package", "// c\n a", "007", "a . b", "'''a\nb'''", "a.`b-c`", "true", "1.5e3",
     "-9223372036854775808", "a.C{`f-g`: 1}", "(a)"],
)  # fmt: skip
def test_an_expression_parses(text: str) -> None:
    assert cel.problem(text) == ""


@pytest.mark.parametrize(
    "text",
    ["", "  ", "a b", "1.", "1e", "has(a)", "has(a.b())", "a.all(1, x)", "f(a,)", "a(b)(c)", "!-a", "a ?b", "a?.b",
     "[?x]",
     "import", "a.in", "a.true", ".true", r"'\q'", "'a\nb'", "'a", "9223372036854775808", "18446744073709551616u",
     "1ul", "a.all(__result__, x)", "(a", "a)", "{1}", r"'\18'", "@", "`a`", "9" * 5000, "[1,,2]", "a ? b ? c : d : e",
     "-(-a).all(1, b)"],
)  # fmt: skip
def test_an_expression_does_not_parse(text: str) -> None:
    assert cel.problem(text)


@pytest.mark.parametrize("text", ["(" * 5000, "a+" * 40000 + "a", "-" * 90000, "x" * 100001])
def test_an_expression_of_any_size_is_bounded_in_time(text: str) -> None:
    start = time.perf_counter()
    cel.problem(text)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a\tb",
        "100%%",
        "%NAME%",
        "%REQ(a)%",
        '%DYN(["a", "b"])%',
        r"%A(x\))%",
        "%A(x) %",
        '%A( [ "a" ] )%',
        "%A(a)%b",
    ],
)
def test_a_header_value_may_hold_closed_variables(value: str) -> None:
    assert headers.header_value(value) == ""


@pytest.mark.parametrize(
    "value",
    ["a\nb", "\x7f", "%", "%NAME", "%A()%", "%A(x", "%A(x)y%", "%A([a])%", '%A(["a" b])%', "%A(a\\", '%A(["a"]x)%'],
)
def test_a_header_value_with_an_open_variable_is_refused(value: str) -> None:
    assert headers.header_value(value)


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("x-a_b", ["", "", "", "bad", "", ""]),
        (":authority", ["", "bad", "bad", "bad", "", "bad"]),
        (":Authority", ["bad", "bad", "bad", "bad", "", "bad"]),
        (":path", ["", "bad", "bad", "bad", "bad", "bad"]),
        ("host", ["", "", "", "", "", "bad"]),
        ("", ["bad", "bad", "bad", "bad", "bad", "bad"]),
        ("*", ["", "", "bad", "bad", "", ""]),
        ("a b", ["bad", "bad", "bad", "bad", "", ""]),
        ("@request.auth.claims.sub", ["", "bad", "bad", "bad", "", ""]),
        ("@request.auth.claims[a]", ["", "bad", "bad", "bad", "", ""]),
        ("@request.auth.claims[]", ["bad", "bad", "bad", "bad", "", ""]),
        ("@request.auth.claims", ["bad", "bad", "bad", "bad", "", ""]),
    ],
)
def test_each_use_of_a_header_name_has_its_rule(name: str, verdicts: list[str]) -> None:
    checks = (
        headers.match_name, headers.cors_name, headers.strict_name, headers.probe_name, headers.request_name,
        headers.other_name,
    )  # fmt: skip
    assert ["bad" if check(name) else "" for check in checks] == verdicts


@pytest.mark.parametrize(
    "text",
    [
        "http://a/b",
        "HTTP://a:80/",
        "https://[::1%25e]:1/x?%zz",
        "a/b",
        "mailto:x",
        "//a b/",
        "http://u:p@a/",
        "http://a:/",
    ],
)
def test_go_parses_a_url(text: str) -> None:
    assert (uris.parse(text) is not None) is (text != "//a b/")


@pytest.mark.parametrize(
    "text",
    [":a", "1:b", "http://a b", "http://[::1", "http://[a]/", "http://a:b/", "http://a/%zz",
     "a\x00", "http://a#%z",
     "http://a%41/", "http://a:1:2/", "http://u^@a/", "http://[::1]x/"],
)  # fmt: skip
def test_go_does_not_parse_a_url(text: str) -> None:
    assert uris.parse(text) is None


@pytest.mark.parametrize(
    ("text", "sound"),
    [("oci://a/b:1", True), ("a/b", True), ("file:///x", True), ("https://a b/x", True), ("localhost:5000/x", False),
     ("ftp://a", False), ("", False), ("a^b:c", False), ("/x", True), ("*", True)],
)  # fmt: skip
def test_a_module_without_scheme_is_tried_as_http(text: str, sound: bool) -> None:
    assert (uris.module_url(text) == "") is sound


@pytest.mark.parametrize(
    ("value", "sound"),
    [(10**6, True), ("1m0.001s", True), ("1.5ms", False), (0, False), (-(10**9), False), (1_500_000, False)],
)
def test_durations_are_whole_milliseconds(value: int | str, sound: bool) -> None:
    assert (amounts.duration(value) == "") is sound


def test_percentages_have_their_bounds() -> None:
    nan = float("nan")
    assert [bool(amounts.fault_percent(x)) for x in (0, 0.0001, 100, nan, 0.00001, 100.1, -1)] == [False] * 4 + [
        True
    ] * 3
    assert [bool(amounts.mirror_percent(x)) for x in (0, 100, nan, 101, -1)] == [False] * 3 + [True] * 2
    assert [bool(amounts.percent(x)) for x in (0, 100, -1, 101)] == [False, False, True, True]
    assert amounts.whole_seconds("1.5s")
    assert amounts.whole_seconds("2s") == ""
