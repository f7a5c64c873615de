"""From what a person asks for to one build of the catalog or of the store. A flavor is never guessed from a typo."""

from getmesh.distributions.constraints import Constraint, choose
from getmesh.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from getmesh.distributions.catalog import Build, Catalog, Flavor
    from getmesh.distributions.store import FetchedBuild

DEFAULT_FLAVOR = "istio"
_EXACT = 3
_SHOWN = 8


def combine(positional: str | None, version: str | None, flavor: str | None, number: int | None) -> str:
    """Give one wish out of ``VERSION`` and the three options of the original command line.

    Raises:
        UsageError: they contradict one another.
    """
    if positional and version:
        raise UsageError("give the version once: as an argument or as --version")
    text = positional or version or "latest"
    named = read_wish(text)
    if named.flavor and flavor and named.flavor != flavor:
        raise UsageError(f"{text} names flavor {named.flavor}, --flavor says {flavor}")
    if named.number is not None and number not in {None, named.number}:
        raise UsageError(f"{text} names flavor version {named.number}, --flavor-version says {number}")
    if number is not None:
        if [(sign, len(numbers)) for sign, numbers in named.tests] != [("==", _EXACT)]:
            raise UsageError("--flavor-version needs a whole version, such as --version 1.30.3")
        version = ".".join(str(part) for part in named.tests[0][1])
        return f"{version}-{flavor or named.flavor or DEFAULT_FLAVOR}-v{number}"
    return text if named.flavor or not flavor else f"{text} flavor={flavor}"


def from_catalog(catalog: "Catalog", wish: str) -> "Build":
    """Give the newest build that a wish admits, upstream's flavor unless it names one.

    Withdrawn builds are only given to those who name them whole.

    Raises:
        UsageError: no such flavor or version; the nearest names are suggested.
    """
    constraint = read_wish(wish)
    flavor = known_flavor(catalog, constraint.flavor or DEFAULT_FLAVOR)
    exact = any(len(numbers) == _EXACT and sign == "==" for sign, numbers in constraint.tests)
    candidates = [build for build in catalog.builds if build.flavor == flavor.name]
    fitting = [build for build in candidates if exact or not build.do_not_use]
    name = choose(constraint, [build.name for build in fitting], f"0.0.0-{flavor.name}-v0")
    found = catalog.find(name) if name else None
    if found is None:
        raise UsageError(f"no build {wish!r} in the catalog", hint=_nearest(candidates, constraint))
    return found


def from_store(builds: "Sequence[FetchedBuild]", wish: str, active: str) -> "FetchedBuild":
    """Give the newest *fetched* build that a wish admits.

    Raises:
        UsageError: none does, or several flavors do and the active build's is not among them.
    """
    constraint = read_wish(wish)
    names = [build.name for build in builds]
    try:
        name = choose(constraint, names, active)
    except ValueError as error:
        raise UsageError(f"{wish}: {error}", hint="Name the flavor with --flavor.") from None
    found = next((build for build in builds if build.name == name), None)
    if found is None:
        have = ", ".join(names) or "nothing"
        wanted = f"'{wish}'" if " " in wish else wish
        raise UsageError(f"no fetched build fits {wish}; fetched: {have}", hint=f"Fetch it: getmesh fetch {wanted}")
    return found


def read_wish(wish: str) -> Constraint:
    """Read what was asked for.

    Raises:
        UsageError: it is none of the forms.
    """
    try:
        return Constraint(wish)
    except ValueError as error:
        hint = "Write it as 1.30, 1.30.3, 1.30.3-istio, 1.9.5-tetrate-v0 or latest."
        raise UsageError(f"{wish!r} is no version: {error}", hint=hint) from None


def known_flavor(catalog: "Catalog", name: str) -> "Flavor":
    """Give the flavor of that name.

    Raises:
        UsageError: there is none; the nearest names are suggested.
    """
    flavor = catalog.flavor(name)
    if flavor is None:
        from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

        names = [flavor.name for flavor in catalog.flavors]
        near = get_close_matches(name, names, n=2, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Flavors: {', '.join(names)}."
        raise UsageError(f"no flavor {name!r}", hint=hint)
    return flavor


def _nearest(candidates: "list[Build]", constraint: Constraint) -> str:
    wanted = next((numbers for sign, numbers in constraint.tests if sign == "=="), None)
    if not candidates:
        return "The catalog has no build of this flavor."
    minors = {build.parsed.upstream[:2] for build in candidates}
    if wanted and wanted[:2] in minors:
        same = [build.name for build in candidates if build.parsed.upstream[:2] == wanted[:2]]
        return f"Builds of that minor: {', '.join(same[-_SHOWN:])}."
    target = (wanted or max(minors))[:2]
    near = sorted(sorted(minors, key=lambda minor: (abs(minor[1] - target[-1]), minor))[:_SHOWN])
    return f"Nearest minors: {', '.join(f'{major}.{minor}' for major, minor in near)}."
