"""``getmesh prune``: remove builds that are not active."""

from typing import TYPE_CHECKING

import click

from getmesh.cli.distribution_options import home, sized
from getmesh.cli.options import examples
from getmesh.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from getmesh.distributions.store import FetchedBuild


@click.command(epilog=examples("getmesh prune --dry-run", "getmesh prune 1.29.4-istio-v0", "getmesh prune --keep 2"))
@click.argument("wanted", metavar="[VERSION]...", nargs=-1)
@click.option("--version", "version", metavar="V", help="Version to remove.")
@click.option("--flavor", metavar="NAME", help="Its flavor.")
@click.option("--flavor-version", "number", type=click.IntRange(min=0), metavar="N", help="Its build of the flavor.")
@click.option(
    "--keep", type=click.IntRange(min=0), metavar="N", help="Keep the N newest builds besides the active one."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def prune(
    wanted: tuple[str, ...],
    version: str | None,
    flavor: str | None,
    number: int | None,
    keep: int | None,
    dry_run: bool,
) -> None:
    """Remove builds that are not active, all of them or the ones named, and what broken runs left behind."""
    from getmesh.distributions.selection import combine
    from getmesh.distributions.store import Store
    from getmesh.ports.disk import size_of

    wishes = [combine(name, None, None, None) for name in wanted]
    if version or flavor or number is not None:
        wishes.append(combine(None, version, flavor, number))
    if wishes and keep is not None:
        raise UsageError("--keep and named versions exclude each other")
    store = Store(home())
    active = store.active_name()
    builds = store.builds()
    going = _named(builds, wishes, active) if wishes else _oldest(builds, active, keep or 0)
    rest = store.leftovers()
    for build in going:
        click.echo(f"{build.name} ({build.platform}, {sized(build.size)})")
    if rest:
        click.echo(f"{len(rest)} leftovers ({sized(sum(size_of(path) for path in rest))})")
    if not going and not rest:
        click.echo("nothing to remove")
        return
    if dry_run:
        click.echo(
            f"would free about {sized(sum(build.size for build in going) + sum(size_of(path) for path in rest))}"
        )
        return
    click.echo(f"freed {sized(store.remove(going))}")


def _named(builds: "Sequence[FetchedBuild]", wishes: list[str], active: str) -> "list[FetchedBuild]":
    from getmesh.distributions.names import host_platform, split
    from getmesh.distributions.selection import read_wish

    going: list[FetchedBuild] = []
    for wish in wishes:
        constraint = read_wish(wish)
        found = [build for build in builds if (parts := split(build.name)) and constraint.admits(parts)]
        if not found:
            raise UsageError(f"no fetched build fits {wish}", hint="'getmesh show' lists the fetched builds.")
        free = [build for build in found if build.name != active or build.platform != host_platform()]
        if not free:
            raise UsageError(f"{active} is active and stays", hint="Switch to another build first.")
        going += [build for build in free if build not in going]
    return going


def _oldest(builds: "Sequence[FetchedBuild]", active: str, keep: int) -> "list[FetchedBuild]":
    from getmesh.distributions.names import host_platform

    idle = [build for build in builds if build.name != active or build.platform != host_platform()]
    return idle[: len(idle) - keep] if keep < len(idle) else []
