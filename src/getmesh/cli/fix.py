"""``config-validate --fix``: write the mechanical mends of findings into the files that they come from."""

import sys
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from getmesh.ports.disk import write_atomically
from getmesh.sources.files import STDIN
from getmesh.sources.mending import mend
from getmesh.sources.places import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from getmesh.analysis.finding import Finding, Fix
    from getmesh.model.objects import Origin
    from getmesh.sources.reading import Reading


def mend_files(findings: "Iterable[Finding]", reading: "Reading", *, diff: bool) -> tuple[int, int]:
    """Mend what needs no judgement; with `diff` only show it. Give how many mends were made and how many were left.

    A mend that would change anything beyond its own place is not made, nor one in text that is not UTF-8 or comes from
    standard input.

    Raises:
        StorageError: a file cannot be written.
    """
    wanted: dict[str, list[tuple[Origin, Fix]]] = {}
    for finding in findings:
        origin = finding.object.origin
        if origin is not None and origin.file:
            wanted.setdefault(origin.file, []).extend((origin, fix) for fix in finding.fixes)
    made = left = 0
    for file in sorted(file for file in wanted if wanted[file]):
        text = _text(file, reading)
        if text is None or (file == STDIN and not diff):
            left += len(wanted[file])
            continue
        mended = mend(text, dict.fromkeys(wanted[file]))
        made += len(mended.applied)
        left += len(mended.refused)
        if diff:
            _show(file, text, mended.data)
        elif mended.applied:
            target = Path(file)
            write_atomically(target.resolve(), mended.data, target.stat().st_mode & 0o777)
    return made, left


def tell(made: int, left: int, *, diff: bool) -> None:
    """Say on stderr what was done."""
    verb = "would mend" if diff else "mended"
    more = f"; {left} more cannot be mended safely" if left else ""
    print(f"{verb} {made} place{'' if made == 1 else 's'}{more}", file=sys.stderr)


def _text(file: str, reading: "Reading") -> bytes | None:
    """Give a file's text, None if what was read is not what is on the disk byte for byte."""
    try:
        text = reading.locator.data(file)
        return text if file == STDIN or text == Path(file).read_bytes() else None
    except (OSError, UnreadableError):
        return None


def _show(file: str, before: bytes, after: bytes) -> None:
    old, new = (text.decode("utf-8", "replace").splitlines(keepends=True) for text in (before, after))
    for line in unified_diff(old, new, file, file):
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
