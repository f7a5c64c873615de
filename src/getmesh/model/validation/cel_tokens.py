"""The words of CEL."""

import re
from typing import Final, NamedTuple

_SPACE: Final = re.compile(r"(?:[ \t\r\n\f]+|//[^\n]*)+")
_NUMBER: Final = re.compile(
    r"(?P<float>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<uint>(?:0x[0-9a-fA-F]+|[0-9]+)[uU])|(?P<int>0x[0-9a-fA-F]+|[0-9]+)"
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED_NAME: Final = re.compile(r"`[A-Za-z0-9_.\-/ ]+`")
_STRING: Final = re.compile(r"(?P<prefix>[bB]?[rR]?)(?P<quote>'''|\"\"\"|'|\")")
_ESCAPE: Final = re.compile(
    r"\\(?:[abfnrtv\\\"'`?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})",
)
_OPERATORS: Final = ("||", "&&", "<=", ">=", "==", "!=", *"<>+-*/%!?:.,()[]{}")


class Token(NamedTuple):
    """One word: its kind (an operator is its own kind) and text."""

    kind: str
    text: str


class BadTokenError(Exception):
    """A text has a word that CEL does not know."""


def tokens(text: str) -> list[Token]:
    """Split a text into words.

    Raises:
        BadTokenError: something is no word, or a string does not end.
    """
    found: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token, at = _token(text, at)
        found.append(token)
    return found


def _token(text: str, at: int) -> tuple[Token, int]:
    if (number := _NUMBER.match(text, at)) and number.lastgroup:
        return Token(number.lastgroup, number[0]), number.end()
    if string := _STRING.match(text, at):
        end = _string_end(text, string.end(), string["quote"], raw=string["prefix"][-1:] in ("r", "R"))
        return Token("string", text[at:end]), end
    if name := _NAME.match(text, at):
        return Token("in" if name[0] == "in" else "name", name[0]), name.end()
    if quoted := _QUOTED_NAME.match(text, at):
        return Token("quoted name", quoted[0]), quoted.end()
    for operator in _OPERATORS:
        if text.startswith(operator, at):
            return Token(operator, operator), at + len(operator)
    raise BadTokenError(f"{text[at]!r} is not expected")


def _string_end(text: str, at: int, quote: str, *, raw: bool) -> int:
    while at < len(text):
        if text.startswith(quote, at):
            return at + len(quote)
        char = text[at]
        if char in "\r\n" and len(quote) == 1:
            break
        if char == "\\" and not raw:
            escape = _ESCAPE.match(text, at)
            if escape is None:
                raise BadTokenError(f"the escape {text[at : at + 2]!r}")
            at = escape.end()
        else:
            at += 1
    raise BadTokenError("a string does not end")
