"""``getmesh list``: the catalog of builds."""

from typing import TYPE_CHECKING

import click

from getmesh.cli.distribution_options import catalog_options, home, open_catalog, print_document, warn
from getmesh.cli.options import examples, output_option

if TYPE_CHECKING:
    from datetime import date

    from getmesh.distributions.catalog import Build, Catalog

RECENT_MINORS = 4


@click.command(
    "list", epilog=examples("getmesh list", "getmesh list --minor 1.30 -o wide", "getmesh list --all -o json")
)
@click.option("--all", "everything", is_flag=True, help="Every build, old ones and withdrawn ones too.")
@click.option("--flavor", metavar="NAME", help="Only this flavor.")
@click.option("--minor", metavar="M", help="Only this minor, such as 1.30, with all its builds.")
@click.option("--supported", is_flag=True, help="Only builds that their maker still supports today.")
@catalog_options
@output_option("table", "wide", "json", "yaml")
def list_(
    everything: bool,
    flavor: str | None,
    minor: str | None,
    supported: bool,
    catalog_url: str,
    refresh: bool,
    output: str,
) -> None:
    """List the Istio builds of the catalog; a star marks the active one.

    Without --all: of each flavor, the newest build of each of its four newest minors.
    """
    from datetime import UTC, datetime

    from getmesh.distributions.store import Store

    edition = open_catalog(catalog_url, refresh=refresh)
    catalog = edition.catalog
    store = Store(home())
    active = store.active_name()
    fetched = {build.name for build in store.builds()}
    today = datetime.now(UTC).date()
    rows = _of(catalog, flavor, minor)
    if supported:
        rows = [build for build in rows if build.is_supported(today)]
    if not everything and not minor:
        newest = _newest(rows)
        rows = [build for build in rows if build.name in newest or build.name == active]
    rows.reverse()
    if output in {"json", "yaml"}:
        print_document(_document(catalog, edition.origin, rows, active, fetched, today), output)
    else:
        _print_table(rows, active, fetched, today, wide=output == "wide")
    hidden = len(catalog.builds) - len(rows)
    if output == "table" and hidden and not (everything or minor or flavor or supported):
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
    from getmesh.report.columns import table

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
                _places(build),
                "yes" if build.name in fetched else "-",
            ]
        lines.append(line)
    if wide:
        head += ["RELEASED", "END OF LIFE", "SECURITY PATCH", "FETCHABLE", "FETCHED"]
    click.echo(table(head, lines), nl=False)


def _eol(build: "Build", today: "date") -> str:
    if not build.eol:
        return "unknown"
    kind = f" ({build.eol_kind})" if build.eol_kind in {"expected", "computed"} else ""
    return f"{build.eol}{kind}" if build.is_supported(today) else f"{build.eol}{kind} past"


def _places(build: "Build") -> str:
    if build.urls:
        return ",".join(sorted(build.urls))
    return "yes" if build.flavor == "istio" else "archive only"


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
