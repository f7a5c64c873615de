"""The state files: ``key: value`` lines behind a first line that names the format and its version.

Text that a person can read and that the pass-through reads without a JSON parser. A reader ignores keys that it does
not know, so that older and newer releases of getmesh share one home; only a higher format version is refused.
"""


class NewerFormatError(ValueError):
    """The file was written by a later getmesh in a format that this one does not know."""


def render(kind: str, fields: dict[str, str], version: int = 1) -> bytes:
    """Give the bytes of a state file; line ends inside values become blanks."""
    lines = [f"getmesh-{kind}: {version}"]
    lines += [f"{key}: {' '.join(value.split())}" for key, value in fields.items()]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def parse(kind: str, data: bytes, version: int = 1) -> dict[str, str]:
    """Give the fields of a state file.

    Raises:
        NewerFormatError: its version is above ``version``.
        ValueError: it is no file of this kind.
    """
    head, _, body = data.decode("utf-8", "surrogateescape").partition("\n")
    name, _, number = head.partition(": ")
    if name != f"getmesh-{kind}" or not number.isdigit():
        raise ValueError(f"no getmesh {kind} file")
    if int(number) > version:
        raise NewerFormatError(f"format {number} of a later getmesh")
    fields: dict[str, str] = {}
    for line in body.split("\n"):
        key, colon, value = line.partition(":")
        if colon:
            fields[key] = value.strip()
    return fields
