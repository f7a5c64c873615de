"""Which files the user means: names, folders, patterns and standard input."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from getmesh.sources.places import Fault

STDIN: Final = "-"
_EXTENSIONS: Final = frozenset({".yaml", ".yml", ".json"})
_MAGIC: Final = frozenset("*?[")


def expand(paths: Sequence[str]) -> tuple[list[str], list[Fault], list[Fault]]:
    """Give (files, faults, warnings): each file once, in the order given, folders sorted by name.

    A file that is named is read whatever its extension; in folders ``.yaml``, ``.yml`` and ``.json`` count, in any
    case, and names that start with a dot do not. Links are followed, each folder once.
    """
    files: dict[str, str] = {}
    faults: list[Fault] = []
    warnings: list[Fault] = []
    for path in paths:
        if path == STDIN:
            files.setdefault(STDIN, STDIN)
            continue
        try:
            found = _named(path)
        except (OSError, ValueError) as error:
            faults.append(Fault(path, 0, 0, f"cannot be read: {_reason(error)}"))
            continue
        if not found:
            faults.append(Fault(path, 0, 0, "no such file or folder"))
        for name in found:
            members = list(_folder(name, set(), faults)) if name.is_dir() else [name]
            if not members:
                warnings.append(Fault(str(name), 0, 0, "this folder holds no .yaml, .yml or .json file"))
            for member in members:
                files.setdefault(_identity(member), str(member))
    return list(files.values()), faults, warnings


def _named(path: str) -> list[Path]:
    name = Path(path)
    if name.exists() or name.is_symlink():
        return [name]
    if not _MAGIC.intersection(path):
        return []
    anchor = Path(name.anchor)
    return sorted(anchor.glob(str(name.relative_to(anchor))))


def _folder(folder: Path, seen: set[tuple[int, int]], faults: list[Fault]) -> Iterator[Path]:
    try:
        status = folder.stat()
        members = sorted(folder.iterdir())
    except OSError as error:
        faults.append(Fault(str(folder), 0, 0, f"cannot be read: {_reason(error)}"))
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for member in members:
        if member.name.startswith("."):
            continue
        if member.is_dir():
            yield from _folder(member, seen, faults)
        elif member.suffix.lower() in _EXTENSIONS:
            yield member


def _identity(file: Path) -> str:
    """Give one name for all names of a file; a link that leads nowhere keeps its own."""
    try:
        return str(file.resolve())
    except (OSError, RuntimeError):
        return str(file)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
