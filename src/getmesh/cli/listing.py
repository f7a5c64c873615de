"""What ``getmesh list`` prints; a call without options comes here without the command line library."""

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from getmesh.cli.at_hand import home, open_catalog, print_document, warn

if TYPE_CHECKING:
    from datetime import date

    from getmesh.distributions.catalog import Build, Catalog

RECENT_MINORS = 4


class Wish(NamedTuple):
    """The options of ``list``, with their defaults."""

    everything: bool = False
    flavor: str | None = None
    minor: str | None = None
    supported: bool = False
    catalog_url: str = ""
    refresh: bool = False
    output: str = "table"


def list_plainly() -> None:
    """Print what ``getmesh list`` without options prints."""
    list_builds(Wish(catalog_url=os.environ.get("GETMESH_CATALOG_URL", "")))


def list_builds(wish: Wish) -> None:
    """Print the builds that the options ask for; a star marks the active one."""
    from datetime import UTC, datetime

    from getmesh.distributions.store import Store

    edition = open_catalog(wish.catalog_url, refresh=wish.refresh)
    catalog = edition.catalog
    store = Store(home())
    active = store.active_name()
    fetched = {build.name for build in store.builds()}
    today = datetime.now(UTC).date()
    rows = _of(catalog, wish.flavor, wish.minor)
    if wish.supported:
        rows = [build for build in rows if build.is_supported(today)]
    if not wish.everything and not wish.minor:
        newest = _newest(rows)
        rows = [build for build in rows if build.name in newest or build.name == active]
    rows.reverse()
    if wish.output in {"json", "yaml"}:
        print_document(_document(catalog, edition.origin, rows, active, fetched, today), wish.output)
    else:
        _print_table(rows, active, fetched, today, wide=wish.output == "wide")
    hidden = len(catalog.builds) - len(rows)
    if wish.output == "table" and hidden and not (wish.everything or wish.minor or wish.flavor or wish.supported):
        warn(f"{hidden} more builds: --all; one minor: --minor 1.30")


def _of(catalog: "Catalog", flavor: str | None, minor: str | None) -> "list[Build]":
    if flavor:
        from getmesh.distributions.selection import known_flavor

        known_flavor(catalog, flavor)
    line = minor.removeprefix("v") if minor else None
    return [build for build in catalog.builds if flavor in {None, build.flavor} and line in {None, build.minor}]


def _newest(builds: "list[Build]") -> set[str]:
    """Give the names of the newest build of each flavor's newest minors; withdrawn ones do not count."""
    by_flavor: dict[str, dict[tuple[int, ...], str]] = {}
    for build in builds:
        if not build.do_not_use:
            by_flavor.setdefault(build.flavor, {})[_minor_number(build)] = build.name
    return {lines[minor] for lines in by_flavor.values() for minor in sorted(lines)[-RECENT_MINORS:]}


def _minor_number(build: "Build") -> tuple[int, ...]:
    return tuple(int(number) for number in build.minor.split("."))


def _print_table(rows: "list[Build]", active: str, fetched: set[str], today: "date", *, wide: bool) -> None:
    from getmesh.distributions.names import host_platform
    from getmesh.report.columns import table

    here = host_platform()
    head = ["ISTIO VERSION", "FLAVOR", "FLAVOR VERSION", "K8S VERSIONS"]
    lines = []
    for build in rows:
        star = "*" if build.name == active else " "
        line = [f"{star}{build.version}", build.flavor, str(build.flavor_version), ",".join(build.kubernetes)]
        if wide:
            line += [
                build.released,
                _eol(build, today),
                "do not use" if build.do_not_use else "yes" if build.security else "-",
                _places(build, here),
                "yes" if build.name in fetched else "-",
            ]
        lines.append(line)
    if wide:
        head += ["RELEASED", "END OF LIFE", "SECURITY PATCH", "FETCHABLE", "FETCHED"]
    sys.stdout.write(table(head, lines))


def _eol(build: "Build", today: "date") -> str:
    if not build.eol:
        return "unknown"
    kind = f" ({build.eol_kind})" if build.eol_kind in {"expected", "computed"} else ""
    return f"{build.eol}{kind}" if build.is_supported(today) else f"{build.eol}{kind} past"


def _places(build: "Build", here: str) -> str:
    if build.urls:
        return ",".join(sorted(build.urls))
    if build.flavor != "istio":
        return "archive only"
    return "pinned" if here in build.digests else "yes"


def _document(
    catalog: "Catalog", origin: str, rows: "list[Build]", active: str, fetched: set[str], today: "date"
) -> dict[str, object]:
    import msgspec

    builds = [
        {
            "name": build.name,
            **msgspec.to_builtins(build),
            "flavorVersion": build.flavor_version,
            "active": build.name == active,
            "fetched": build.name in fetched,
            "supported": build.is_supported(today),
            "fips": msgspec.to_builtins(flavor.fips) if (flavor := catalog.flavor(build.flavor)) else None,
        }
        for build in rows
    ]
    return {
        "schema": "getmesh/builds/v1",
        "catalog": {"serial": catalog.serial, "factsAsOf": catalog.facts_as_of, "origin": origin},
        "builds": builds,
    }
