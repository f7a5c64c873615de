"""What a person may write for a build: ``1.30``, ``1.30.3-istio``, ``>=1.28,<1.31 flavor=tetratefips``, ``latest``.

Read with nothing imported, since the pass-through evaluates ``.istio-version`` on every call.
"""

from getmesh.distributions.names import Parts, is_number, split

_OPERATORS = (">=", "<=", "!=", "==", ">", "<", "=")
_EXACT = 3


class Constraint:
    """Which builds a text admits.

    Attributes:
        text: as it was written, blanks reduced.
        flavor: the flavor asked for, empty when any will do.
        number: the flavor version asked for, None when any will do.
        tests: pairs of operator and version; all must hold.
    """

    __slots__ = ("flavor", "number", "tests", "text")

    def __init__(self, text: str) -> None:
        """Read the text.

        Raises:
            ValueError: it is none of the forms; the message says what is wrong.
        """
        self.text = " ".join(text.split())
        self.flavor = ""
        self.number: int | None = None
        self.tests: list[tuple[str, tuple[int, ...]]] = []
        words = self.text.split(" ")
        for word in words:
            if word.startswith("flavor="):
                self.flavor = word[7:]
        expression = "".join(word for word in words if not word.startswith("flavor="))
        if expression in {"", "*", "latest"}:
            if not self.text:
                raise ValueError("it is empty")
            return
        for part in expression.split(","):
            self._add(part)

    def _add(self, part: str) -> None:
        operator = next((sign for sign in _OPERATORS if part.startswith(sign)), "")
        version, dash, rest = part[len(operator) :].removeprefix("v").partition("-")
        numbers = version.split(".")
        if not (1 <= len(numbers) <= _EXACT) or not all(is_number(text) for text in numbers):
            raise ValueError(f"{part!r} is no version")
        if dash:
            if operator not in {"", "=", "=="}:
                raise ValueError(f"{part!r} compares a flavor")
            self._add_flavor(part, rest)
        sign = "==" if operator in {"", "="} else operator
        self.tests.append((sign, tuple(int(text) for text in numbers)))

    def _add_flavor(self, part: str, rest: str) -> None:
        flavor, mark, number = rest.rpartition("-v")
        if not mark or not is_number(number):
            flavor, number = rest, ""
        if not flavor or (self.flavor and self.flavor != flavor):
            raise ValueError(f"{part!r} names no flavor" if not flavor else f"{part!r} names a second flavor")
        self.flavor = flavor
        self.number = int(number) if number else None

    def admits(self, parts: Parts) -> bool:
        """Whether a build with this name is admitted."""
        if self.flavor and parts[3] != self.flavor:
            return False
        if self.number is not None and parts[4] != self.number:
            return False
        return all(_holds(sign, parts[: len(version)], version) for sign, version in self.tests)


def choose(constraint: Constraint, names: list[str], preferred: str = "") -> str | None:
    """Give the newest admitted build, None if there is none.

    A flavor is never guessed: when builds of several flavors are admitted, the flavor of ``preferred`` (the active
    build) decides.

    Raises:
        ValueError: several flavors are admitted and none of them is the preferred one's.
    """
    found = sorted(parts for name in names if (parts := split(name)) is not None and constraint.admits(parts))
    flavors = sorted({parts[3] for parts in found})
    if len(flavors) > 1:
        wanted = split(preferred)
        if wanted is None or wanted[3] not in flavors:
            raise ValueError(f"builds of several flavors match: {', '.join(flavors)}")
        found = [parts for parts in found if parts[3] == wanted[3]]
    if not found:
        return None
    newest = max(found, key=lambda parts: (parts[:3], parts[4]))
    return f"{newest[0]}.{newest[1]}.{newest[2]}-{newest[3]}-v{newest[4]}"


def _holds(sign: str, have: tuple[object, ...], want: tuple[int, ...]) -> bool:
    left = tuple(value for value in have if isinstance(value, int))
    if sign == "==":
        return left == want
    if sign == "!=":
        return left != want
    if sign == ">=":
        return left >= want
    if sign == "<=":
        return left <= want
    return left > want if sign == ">" else left < want
