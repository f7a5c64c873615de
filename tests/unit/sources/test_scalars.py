"""What plain scalars and keys mean, by Kubernetes' rules."""

from typing import Any

import pytest

from getmesh.sources.exact import json_value
from getmesh.sources.places import UnreadableError
from getmesh.sources.scalars import key_text, plain, tagged

TAG = "tag:yaml.org,2002:"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("y", True), ("NO", False), ("On", True), ("tRue", "tRue"), ("~", None), ("Null", None), ("nil", "nil"),
        ("007", 7), ("08", 8.0), ("0o17", 15), ("0x1F", 31), ("-0b11", -3), ("0b-1", -1), ("1_000", 1000), ("_1", "_1"),
        ("1_", 1), (".5", 0.5), ("1e3", 1000.0), ("1e400", "1e400"), ("1e-400", 0.0), (".5_0", 0.5), ("._5", "._5"),
        ("18446744073709551615", 18446744073709551615), ("+18446744073709551615", 1.8446744073709552e19),
        ("-9223372036854775809", -9.223372036854775808e18), ("22:22", "22:22"), ("2001-01-01", "2001-01-01"),
        ("<<", "<<"), ("=", "="), ("Infinity", "Infinity"), ("10.0.0.1", "10.0.0.1"), ("0x", "0x"),
    ],
)  # fmt: skip
def test_a_plain_scalar_has_the_value_that_go_yaml_gives_it(text: str, value: Any) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "key"),
    [("yes", "true"), ("01", "1"), ("1.50", "1.5"), ("1e6", "1e+06"), ("1e3", "1000"), (".inf", ".inf"), ("-1", "-1")],
)
def test_a_scalar_key_becomes_the_text_that_the_json_conversion_makes(text: str, key: str) -> None:
    assert key_text(plain(text)) == key


@pytest.mark.parametrize("text", ["~", "12345678901234567890"])
def test_keys_that_json_cannot_have_are_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        key_text(plain(text))


def test_tags_decide_the_type_or_refuse_it() -> None:
    assert tagged(TAG + "str", "5") == "5"
    assert tagged(TAG + "int", "5") == 5
    assert tagged(TAG + "float", "5") == 5.0
    assert tagged("!thing", "5") == "5"
    assert tagged(TAG + "binary", "aGVs\nbG8=") == "hello"
    assert tagged(TAG + "timestamp", "2001-1-2T3:4:5Z") == "2001-1-2T3:4:5Z"
    for kind, text in (("int", "abc"), ("null", "x"), ("binary", "a"), ("timestamp", "2001-13-01"), ("bool", "1")):
        with pytest.raises(UnreadableError):
            tagged(TAG + kind, text)


def test_whole_floats_are_integers_and_infinity_is_no_json() -> None:
    assert json_value(80.0) == 80
    assert isinstance(json_value(80.0), int)
    with pytest.raises(UnreadableError):
        json_value(float("inf"))
