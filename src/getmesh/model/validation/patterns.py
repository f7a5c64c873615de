"""Regular expressions of Go's RE2 dialect: would they compile?

A parser of our own: Python's ``re`` takes much that RE2 refuses and refuses some that it takes. Only the names of
Unicode classes are asked of the RE2 library.
"""

from functools import lru_cache
from typing import Final

_MAX_BYTES: Final = 1024
_MAX_REPEAT: Final = 1000
_WORDS: Final = frozenset({
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
})  # fmt: skip
_SIMPLE: Final = frozenset("aftnrv")
_CLASSES: Final = frozenset("dDsSwW")
_ANCHORS: Final = frozenset("AzbB")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_OCTAL: Final = frozenset("01234567")
_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_LAST: Final = 0x10FFFF
_CLASS: Final = -1


class _BadPatternError(Exception):
    """The pattern does not compile."""


@lru_cache(maxsize=4096)
def regex(text: str) -> str:
    """Say what is wrong with a regular expression, ``""`` if it compiles."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > _MAX_BYTES:
        return f"a regular expression may have 1024 bytes, this one has {size}"
    try:
        _Parser(text).whole()
    except _BadPatternError as problem:
        return f"{text!r} is no regular expression of the RE2 dialect: {problem}"
    return ""


@lru_cache(maxsize=512)
def _unicode_class(name: str) -> bool:
    import re2  # noqa: PLC0415 - an extension module that few patterns need

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(f"\\p{{{name}}}", options)
    except re2.error:
        return False
    return True


class _Level:
    """One group that is being read.

    Attributes:
        operand: whether something stands before the next repeat.
        repeated: whether that something is repeated already.
        product: how often the last thing read is repeated, with the repeats inside it.
        worst: the largest such product of the group.
    """

    __slots__ = ("operand", "product", "repeated", "worst")

    def __init__(self) -> None:
        self.operand = self.repeated = False
        self.product = self.worst = 1

    def took(self, product: int) -> None:
        """Note that something was read."""
        self.operand, self.repeated, self.product = True, False, product
        self.worst = max(self.worst, product)

    def repeat(self, count: int) -> None:
        """Note a repeat."""
        if self.repeated or not self.operand:
            raise _BadPatternError("a repeat with nothing or another repeat before it")
        self.repeated, self.product = True, self.product * count
        if self.product > _MAX_REPEAT:
            raise _BadPatternError("repeats of more than 1000")
        self.worst = max(self.worst, self.product)


class _Parser:
    """Reads one pattern; each method leaves `at` behind what it read."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def rest(self, start: str) -> bool:
        return self.text.startswith(start, self.at)

    def whole(self) -> None:
        """Read the whole pattern; open groups lie on a stack, so no pattern is too deep for us."""
        here, stack = _Level(), list[_Level]()
        while self.at < len(self.text):
            char = self.peek()
            if char == "(":
                self.at += 1
                if not self.rest("?") or self.opening():
                    stack.append(here)
                    here = _Level()
                else:
                    here.repeated = False
            elif char == ")":
                if not stack:
                    raise _BadPatternError("a ')' without '('")
                self.at += 1
                inner, here = here.worst, stack.pop()
                here.took(inner)
            elif char == "|":
                self.at += 1
                here.operand = here.repeated = False
            elif (count := self.repeat()) is not None:
                here.repeat(count)
            elif self.atom():
                here.took(1)
            else:
                here.repeated = False
        if stack:
            raise _BadPatternError("a '(' without ')'")

    def repeat(self) -> int | None:
        """Read a repeat if there is one, with its lazy mark; give its count."""
        char = self.peek()
        if char and char in "*+?":
            self.at += 1
            count = 1
        elif char == "{" and (found := self.braces()) is not None:
            count = found
        else:
            return None
        if self.peek() == "?":
            self.at += 1
        return count

    def braces(self) -> int | None:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        digits = low + high
        if end < 0 or not low or not (digits.isascii() and digits.isdigit()):
            return None
        if any(len(part) > 1 and part.startswith("0") for part in (low, high)):
            return None  # Go reads no number with leading zeros here, so the brace is a literal
        least, most = int(low[:9]), int(high[:9]) if high else -1
        if least > _MAX_REPEAT or most > _MAX_REPEAT or (high and most < least):
            raise _BadPatternError(f"the repeat {self.text[self.at : end + 1]}")
        self.at = end + 1
        return max(least, most if comma else least, 1)

    def atom(self) -> bool:
        """Read one thing that is no group; give whether it is something to repeat."""
        char = self.peek()
        if char == "[":
            self.bracket()
        elif self.rest("\\Q"):
            return self.quoted()
        elif char == "\\":
            self.escape(inside=False)
        else:
            self.at += 1
        return True

    def quoted(self) -> bool:
        end = self.text.find("\\E", self.at + 2)
        some = (end if end >= 0 else len(self.text)) > self.at + 2
        self.at = end + 2 if end >= 0 else len(self.text)
        return some

    def opening(self) -> bool:
        """Read ``?:``, ``?P<name>``, ``?flags:`` or ``?flags)``; give False for the last, which holds nothing."""
        for start in ("?P<", "?<"):
            if self.rest(start) and not self.rest("?<=") and not self.rest("?<!"):
                end = self.text.find(">", self.at)
                name = self.text[self.at + len(start) : end]
                if end < 0 or not name or not _NAME.issuperset(name):
                    raise _BadPatternError("the name of a group")
                self.at = end + 1
                return True
        self.at += 1
        sign, some = False, False
        while self.at < len(self.text):
            char = self.peek()
            self.at += 1
            if char in "imsU":
                some = True
            elif char == "-" and not sign:
                sign, some = True, False
            elif char in ":)" and (some or not sign):
                return char == ":"
            else:
                break
        raise _BadPatternError("an opening '(?' that RE2 does not know")

    def escape(self, *, inside: bool) -> int:
        """Read a backslash and what it escapes; give the character, or _CLASS for a class."""
        char = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if not char:
            raise _BadPatternError("a backslash at the end")
        if char in _CLASSES or (char in _ANCHORS and not inside):
            return _CLASS
        if char in "pP":
            return self.unicode()
        if char == "x":
            return self.hexadecimal()
        if char in _OCTAL and (char == "0" or (self.peek() and self.peek() in _OCTAL)):
            return self.octal()
        if char.isascii() and not char.isalnum():
            return ord(char)
        if char in _SIMPLE:
            return {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}[char]
        raise _BadPatternError(f"the escape \\{char}")

    def octal(self) -> int:
        start = self.at - 1
        while self.at < start + 3 and self.peek() and self.peek() in _OCTAL:
            self.at += 1
        return int(self.text[start : self.at], 8)

    def hexadecimal(self) -> int:
        if self.peek() == "{":
            end = self.text.find("}", self.at)
            digits = self.text[self.at + 1 : end] if end >= 0 else ""
            self.at = end + 1
        else:
            digits = self.text[self.at : self.at + 2]
            self.at += 2
            if len(digits) < 2:  # noqa: PLR2004 - \x takes two digits
                digits = ""
        if not digits or not _HEX.issuperset(digits) or int(digits, 16) > _LAST:
            raise _BadPatternError("the escape \\x")
        return int(digits, 16)

    def unicode(self) -> int:
        name = self.peek()
        self.at += 1
        if name == "{":
            end = self.text.find("}", self.at)
            name = self.text[self.at : end] if end >= 0 else ""
            self.at = end + 1
        if not name.removeprefix("^") or not _unicode_class(name.removeprefix("^")):
            raise _BadPatternError(f"the Unicode class {name!r}")
        return _CLASS

    def bracket(self) -> None:
        """Read a bracket expression."""
        self.at += 1
        if self.peek() == "^":
            self.at += 1
        first = True
        while first or self.peek() != "]":
            if self.at >= len(self.text):
                raise _BadPatternError("a '[' without ']'")
            first = False
            if self.rest("[:") and self.named():
                continue
            low = self.member()
            if low != _CLASS and self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                high = self.member()
                if high < low:
                    raise _BadPatternError("a range that is the wrong way round")
        self.at += 1

    def named(self) -> bool:
        end = self.text.find(":]", self.at + 2)
        if end < 0:
            return False
        if self.text[self.at + 2 : end].removeprefix("^") not in _WORDS:
            raise _BadPatternError(f"the class {self.text[self.at : end + 2]}")
        self.at = end + 2
        return True

    def member(self) -> int:
        if self.at >= len(self.text):
            raise _BadPatternError("a '[' without ']'")
        if self.peek() == "\\":
            return self.escape(inside=True)
        self.at += 1
        return ord(self.text[self.at - 1])
