"""Which files the user means: names, folders, patterns and standard input."""

import glob
import os
from collections.abc import Iterator, Sequence
from typing import Final

from getmesh.sources.places import Fault

STDIN: Final = "-"
_EXTENSIONS: Final = (".yaml", ".yml", ".json")


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
        found = _named(path)
        if not found:
            faults.append(Fault(path, 0, 0, "no such file or folder"))
        for name in found:
            members = list(_folder(name, set())) if os.path.isdir(name) else [name]
            if not members:
                warnings.append(Fault(name, 0, 0, "this folder holds no .yaml, .yml or .json file"))
            for member in members:
                files.setdefault(os.path.realpath(member), member)
    return list(files.values()), faults, warnings


def _named(path: str) -> list[str]:
    if os.path.lexists(path):
        return [path]
    return sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []


def _folder(path: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    try:
        status = os.stat(path)
        entries = sorted(os.listdir(path))
    except OSError:
        yield path
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in entries:
        member = os.path.join(path, entry)
        if entry.startswith("."):
            continue
        if os.path.isdir(member):
            yield from _folder(member, seen)
        elif entry.lower().endswith(_EXTENSIONS):
            yield member
