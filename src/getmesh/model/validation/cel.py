"""CEL expressions: is the syntax right? Names, types and functions are not resolved, as Istio's check does not either.

Grammar: the Common Expression Language definition (github.com/google/cel-spec, ``langdef.md``); nesting is bounded.
"""

import math
from functools import lru_cache
from typing import Final

from getmesh.model.validation.cel_tokens import BadTokenError, Token, tokens

_MAX_DEPTH: Final = 120
_MAX_LENGTH: Final = 100_000
_BINARY: Final = frozenset({"||", "&&", "<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/", "%"})
_LITERALS: Final = frozenset({"int", "uint", "float", "string"})
_RESERVED: Final = frozenset({
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop", "package",
    "namespace", "return", "var", "void", "while",
})  # fmt: skip
_WORDS: Final = frozenset({"true", "false", "null"})
_COMPREHENSIONS: Final = {"all": (2,), "exists": (2,), "exists_one": (2,), "filter": (2,), "map": (2, 3)}
_MAX_DIGITS: Final = 24
_MAX_INT: Final = (1 << 63) - 1
_MAX_UINT: Final = (1 << 64) - 1


@lru_cache(maxsize=1024)
def problem(text: str) -> str:
    """Say what is wrong with an expression, ``""`` if it parses."""
    if not text.strip():
        return "an expression is empty"
    if len(text) > _MAX_LENGTH:
        return "an expression is longer than 100000 characters"
    try:
        _Parser(tokens(text)).whole()
    except (BadTokenError, _SyntaxError) as wrong:
        return f"the expression does not parse: {wrong}"
    return ""


class _SyntaxError(Exception):
    """The tokens form no expression."""


class _Parser:
    """Recursive descent; each method gives the shape of what it read: ``name:X``, ``select`` or ``other``."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens, self.at, self.depth = found, 0, 0

    def kind(self, ahead: int = 0) -> str:
        """Kind of a token to come, ``end`` behind the last one."""
        index = self.at + ahead
        return self.tokens[index].kind if index < len(self.tokens) else "end"

    def take(self, kind: str) -> str:
        """Read a token of a kind."""
        if self.kind() != kind:
            raise _SyntaxError(f"{kind} is expected where {self.here()} stands")
        self.at += 1
        return self.tokens[self.at - 1].text

    def here(self) -> str:
        return repr(self.tokens[self.at].text) if self.at < len(self.tokens) else "the end"

    def skip(self, kind: str) -> bool:
        """Read a token of a kind if it is next."""
        if self.kind() != kind:
            return False
        self.at += 1
        return True

    def whole(self) -> None:
        self.expression()
        if self.kind() != "end":
            raise _SyntaxError(f"{self.here()} is not expected")

    def expression(self) -> str:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _SyntaxError("it is nested too deeply")
        shape = self.chain()
        while self.skip("?"):
            shape = "other"
            self.chain()
            self.take(":")
            self.chain()
        self.depth -= 1
        return shape

    def chain(self) -> str:
        """Read operands joined by binary operators; precedence does not matter to syntax."""
        shape = self.operand()
        while self.kind() in _BINARY:
            self.at += 1
            self.operand()
            shape = "other"
        return shape

    def operand(self) -> str:
        signs = self.at
        negative = False
        if self.kind() in ("!", "-"):
            sign = self.kind()
            while self.kind() == sign:
                self.at += 1
            if sign == "!" and self.kind() == "-" and self.kind(1) in ("int", "float"):
                self.at += 1
                negative = True
            negative = negative or sign == "-"
        shape = self.primary(negative=negative)
        while True:
            if self.skip("."):
                shape = self.selection()
            elif self.skip("["):
                self.expression()
                self.take("]")
                shape = "other"
            else:
                return shape if signs == self.at or self.tokens[signs].kind not in ("!", "-") else "other"

    def selection(self) -> str:
        """Read what follows a dot."""
        if self.skip("quoted name"):
            return "select"
        name = self.take("name")
        if name in _WORDS or name == "in":
            raise _SyntaxError(f"{name!r} is no field")
        if not self.skip("("):
            return "select"
        shapes = self.arguments()
        if len(shapes) in _COMPREHENSIONS.get(name, ()):
            variables = shapes[:1]
            if not variables[0].startswith("name:") or variables[0] == "name:__result__":
                raise _SyntaxError(f"the first argument of {name} must be a plain name")
        return "other"

    def arguments(self) -> list[str]:
        """Read arguments and the closing parenthesis."""
        shapes: list[str] = []
        if self.skip(")"):
            return shapes
        shapes.append(self.expression())
        while self.skip(","):
            shapes.append(self.expression())
        self.take(")")
        return shapes

    def primary(self, *, negative: bool) -> str:
        kind = self.kind()
        if kind in _LITERALS:
            self.literal(kind, self.take(kind), negative=negative)
        elif kind in ("name", "."):
            return self.named()
        elif self.skip("("):
            shape = self.expression()
            self.take(")")
            return shape
        elif self.skip("["):
            self.sequence("]", pairs=False)
        elif self.skip("{"):
            self.sequence("}", pairs=True)
        else:
            raise _SyntaxError(f"{self.here()} is not expected")
        return "other"

    def literal(self, kind: str, text: str, *, negative: bool) -> None:
        if kind == "float" and math.isinf(float(text)):
            raise _SyntaxError("a number does not fit 64 bits")
        if kind not in ("int", "uint"):
            return
        digits = text.rstrip("uU").lstrip("0") or "0"
        if len(digits) > _MAX_DIGITS:
            raise _SyntaxError("a number does not fit 64 bits")
        value = int(digits[1:], 16) if digits[:1] in ("x", "X") else int(digits)
        if value > (_MAX_UINT if kind == "uint" else _MAX_INT + negative):
            raise _SyntaxError(f"{text} does not fit 64 bits")

    def named(self) -> str:
        """Read a name, a call or a message literal."""
        leading = self.skip(".")
        name = self.take("name")
        if name in _WORDS:
            if leading:
                raise _SyntaxError(f"{name!r} is no name")
            return "other"
        if self.message():
            return "other"
        if name in _RESERVED:
            raise _SyntaxError(f"{name!r} is a reserved word")
        if self.skip("("):
            shapes = self.arguments()
            if name == "has" and not leading and len(shapes) == 1 and shapes[0] != "select":
                raise _SyntaxError("has() takes a field selection")
            return "other"
        return f"name:{name}"

    def message(self) -> bool:
        """Read the rest of a message literal behind the first part of its type's name, if this is one."""
        ahead = 0
        while self.kind(ahead) == "." and self.kind(ahead + 1) == "name":
            ahead += 2
        if self.kind(ahead) != "{":
            return False
        self.at += ahead + 1
        self.sequence("}", pairs=True, fields=True)
        return True

    def sequence(self, end: str, *, pairs: bool, fields: bool = False) -> None:
        """Read items up to the closing bracket; a comma may stand before it."""
        while self.kind() not in (end, ","):
            if fields:
                self.take("quoted name" if self.kind() == "quoted name" else "name")
            else:
                self.expression()
            if pairs:
                self.take(":")
                self.expression()
            if self.kind() != ",":
                break
            self.at += 1
            if self.kind() == ",":
                break
        else:
            self.skip(",")
        self.take(end)
