r"""Where go-yaml version 2 and libyaml read the same text differently, and how a text is bent to agree.

Kubernetes' reader descends from an older libyaml. Five differences matter, found by comparing both on random texts:

- a tag may hold ``,`` ``[`` and ``]``;
- in flow collections ``a:,`` is a plain scalar, not an error;
- in flow collections a ``?`` ends a plain scalar, after which nothing can follow;
- ``\/`` is no escape in double quotes;
- a byte order mark is a character like others, but at the start of the text.

They are mended by replacing single characters, the text keeping its length, so that places stay true.
"""

import re
from typing import Any, Final

from yaml.error import MarkedYAMLError

from getmesh.sources.places import UnreadableError

_COLON: Final = "\ue83a"
_MARK: Final = "\ue83b"
_STAND_INS: Final = str.maketrans({_COLON: ":", _MARK: "\ufeff"})
_MAX_REPAIRS: Final = 200
_TAG: Final = re.compile(r"(?:&[0-9A-Za-z_-]+\s+)?(![0-9A-Za-z_\-;/?:@&=+$,.!~*'()\[\]%]*)")
_FLOW_IN_TAG: Final = re.compile(r"[,\[\]]")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


class RepairError(Exception):
    """The text was read differently from go-yaml; here is one that is read alike.

    Attributes:
        text: to be parsed instead.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def prepare(text: str) -> str:
    """Give the text to parse: byte order marks inside stand as ordinary characters."""
    return text.removeprefix("\ufeff").replace("\ufeff", _MARK)


def restore(value: str) -> str:
    """Give the text of a scalar with its own characters."""
    return value if value.isascii() else value.translate(_STAND_INS)


def check_scalar(event: Any, text: str, *, in_flow: bool) -> None:
    """Refuse a scalar that go-yaml refuses; raise UnreadableError."""
    mark = event.start_mark
    if event.style == '"':
        if "/" in event.value:
            raw = text[mark.index : event.end_mark.index]
            for escape in _ESCAPE.finditer(raw):
                if escape[1] == "/":
                    raise UnreadableError("'\\/' is no escape in YAML", mark.line + 1, mark.column + 1)
    elif event.style == "" and in_flow and "?" in event.value:
        raise UnreadableError("'?' in a plain text within brackets", mark.line + 1, mark.column + 1)


def check_tag(event: Any, text: str) -> None:
    """Raise RepairError if go-yaml takes more characters for the tag than libyaml did."""
    start = event.start_mark.index
    match = _TAG.match(text, start)
    if match is not None and _FLOW_IN_TAG.search(match[1]):
        raise RepairError(_without_flow(text, match))


def mend(error: MarkedYAMLError, text: str) -> str | None:
    """Give a text that is read as go-yaml would, None if go-yaml refuses it as well."""
    mark = error.problem_mark
    if mark is None:
        return None
    index = mark.index
    if error.problem == "found unexpected ':'" and text[index : index + 1] == ":":
        return text[:index] + _COLON + text[index + 1 :]
    begin = error.context_mark
    if begin is not None and "tag" in str(error.context):
        match = _TAG.match(text, begin.index)
        if match is not None and _FLOW_IN_TAG.search(match[1]):
            return _without_flow(text, match)
    return None


def _without_flow(text: str, match: re.Match[str]) -> str:
    """Such a tag is unknown in any case: its characters do not matter."""
    return text[: match.start(1)] + _FLOW_IN_TAG.sub(";", match[1]) + text[match.end(1) :]


def repairs_left(done: int) -> bool:
    """Tell whether to go on mending; each mend parses the text again."""
    return done < _MAX_REPAIRS
