"""Which istioctl a call uses, and why: flag, environment, ``.istio-version``, control plane, active build.

The first rule that says something decides; when what it asks for is not fetched, that is an error and no later rule
is tried. Only the control plane is a hint: without a fitting build the active one is used.
"""
# ruff: noqa: PTH113, PTH118, PTH120, PTH123 - pathlib costs every call milliseconds

import os

from getmesh.distributions import layout
from getmesh.distributions.names import host_platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = "GETMESH_ISTIO_VERSION"
VERSION_FILE = ".istio-version"
_FILE_LIMIT = 4096


class UnresolvedError(Exception):
    """No build can be used; has what failed and how to mend it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Decision:
    """The build that a call uses.

    Attributes:
        path: absolute path of the binary.
        fields: the record or the active pointer it came from.
        reason: the rule that decided, with the place where it was said.
        steps: pairs of rule and outcome in the order tried, for ``which --explain``.
    """

    __slots__ = ("fields", "path", "reason", "steps")

    def __init__(self, path: str, fields: dict[str, str], reason: str, steps: list[tuple[str, str]]) -> None:
        self.path = path
        self.fields = fields
        self.reason = reason
        self.steps = steps


def resolve(
    home: str,
    environ: "Mapping[str, str]",
    folder: str | None,
    flag: str | None = None,
    control_plane: "Callable[[], tuple[str, str]] | None" = None,
) -> Decision:
    """Find the build of this call.

    Args:
        home: folder of our state.
        environ: environment of the call.
        folder: working folder, None if it is gone.
        flag: what ``--istio-version`` before ``istioctl`` says.
        control_plane: gives the wish for the cluster's version (empty: none) and a sentence about how it was found.

    Raises:
        UnresolvedError: nothing fits, or what fits is damaged.
    """
    steps: list[tuple[str, str]] = []
    wish, place = _wish(environ, folder, flag, steps)
    if wish:
        name = _choose(home, wish, place)
        steps.append((place, f"{wish} picks {name}"))
        return _open(home, layout.read_build(home, name, host_platform()), f"{place} asks for {wish}", steps)
    if control_plane is not None:
        wish, how = control_plane()
        match = matching(layout.fetched_names(home, host_platform()), wish)
        steps.append(
            ("control plane", f"{how}{f', picks {match}' if match else ', no fetched build fits' if wish else ''}")
        )
        if match:
            return _open(home, layout.read_build(home, match, host_platform()), f"control plane: {how}", steps)
    else:
        steps.append(("control plane", "not asked"))
    fields = layout.read_active(home)
    if fields is None:
        raise UnresolvedError("no Istio build is active", "Fetch one: getmesh fetch latest")
    steps.append(("active", fields.get("name", "?")))
    return _open(home, fields, "active build", steps)


def find_version_file(folder: str | None) -> str | None:
    """Give the nearest ``.istio-version`` at or above a folder."""
    while folder:
        path = os.path.join(folder, VERSION_FILE)
        if os.path.isfile(path):
            return path
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return None


def _wish(
    environ: "Mapping[str, str]", folder: str | None, flag: str | None, steps: list[tuple[str, str]]
) -> tuple[str, str]:
    if flag is not None:
        return flag, "--istio-version"
    steps.append(("--istio-version", "not given"))
    if environ.get(VARIABLE):
        return environ[VARIABLE], VARIABLE
    steps.append((VARIABLE, "not set"))
    path = find_version_file(folder)
    if path is None:
        steps.append((VERSION_FILE, f"none in {folder or 'a folder that is gone'} or above"))
        return "", ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.partition("#")[0].strip() for line in file.read(_FILE_LIMIT).splitlines()]
    except OSError as error:
        raise UnresolvedError(f"{path}: {error.strerror}", "Make the file readable or remove it.") from None
    wishes = [line for line in lines if line]
    if len(wishes) != 1:
        hint = "Write one line such as 1.30 or >=1.28,<1.31."
        raise UnresolvedError(f"{path}: expected one version, found {len(wishes)} lines", hint)
    return wishes[0], path


def _choose(home: str, wish: str, place: str) -> str:
    from getmesh.distributions.constraints import Constraint, choose  # noqa: PLC0415 - not needed for the active build

    names = layout.fetched_names(home, host_platform())
    try:
        constraint = Constraint(wish)
    except ValueError as error:
        hint = "Write it as 1.30, 1.30.3, 1.30.3-istio-v0 or >=1.28,<1.31."
        raise UnresolvedError(f"{place}: {wish!r} is no version or constraint: {error}", hint) from None
    preferred = "" if constraint.flavor else _active_name(home)
    try:
        name = choose(constraint, names, preferred)
    except ValueError as error:
        raise UnresolvedError(f"{place}: {wish}: {error}", f"Add the flavor: {wish} flavor=NAME") from None
    if name is None:
        have = ", ".join(sorted(names)) or "none"
        raise UnresolvedError(f"no fetched build fits {wish} ({place}); fetched: {have}", f"getmesh fetch '{wish}'")
    return name


def matching(names: list[str], wish: str) -> str | None:
    """Give the build to use with a control plane: the same one, else the newest patch of its minor and flavor.

    Args:
        names: the builds to choose from.
        wish: name of the build that the control plane runs, empty if that is not known.
    """
    from getmesh.distributions.names import split  # noqa: PLC0415 - not needed for the active build

    wanted = split(wish)
    if wanted is None:
        return None
    if wish in names:
        return wish
    near = [
        (parts[2], parts[4], name)
        for name in names
        if (parts := split(name)) is not None and parts[:2] == wanted[:2] and parts[3] == wanted[3]
    ]
    return max(near)[2] if near else None


def _active_name(home: str) -> str:
    try:
        return (layout.read_active(home) or {}).get("name", "")
    except layout.DamagedError:
        return ""


def _open(home: str, fields: dict[str, str] | None, reason: str, steps: list[tuple[str, str]]) -> Decision:
    if fields is None:
        raise UnresolvedError("the chosen build was removed just now", "Run the command again.")
    try:
        return Decision(layout.usable_binary(home, fields), fields, reason, steps)
    except layout.DamagedError as error:
        name = fields.get("name", "")
        raise UnresolvedError(str(error), f"Fetch it again: getmesh fetch {name}") from None
