"""``getmesh fetch``: a verified build into the store."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from getmesh.cli.distribution_options import catalog_options, home, open_catalog, sized, version_options, warn
from getmesh.cli.options import examples
from getmesh.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from getmesh.distributions.catalog import Build, Catalog
    from getmesh.distributions.download import Progress
    from getmesh.distributions.fetching import Order
    from getmesh.ports.http import HttpPort


@click.command(
    epilog=examples("getmesh fetch 1.30", "getmesh fetch latest --no-switch", "getmesh fetch 1.30.3 --archive F")
)
@version_options
@click.option("--platform", metavar="OS/ARCH", help="Build for another machine; it does not become active.")
@click.option("--no-switch", is_flag=True, help="Do not make it the active build.")
@click.option("--archive", type=click.Path(path_type=Path), metavar="FILE", help="Take this archive, not the network.")
@click.option("--sha256", default="", metavar="HEX", help="SHA-256 of the archive, when you know it.")
@click.option(
    "--mirror", default="", envvar="GETMESH_MIRROR", metavar="URL", help="Folder of <version>/<archive>, first."
)
@click.option("--allow-unverified", is_flag=True, help="Take a build that no checksum vouches for; it stays marked.")
@catalog_options
def fetch(
    *,
    wanted: str | None,
    version: str | None,
    flavor: str | None,
    number: int | None,
    platform: str | None,
    no_switch: bool,
    archive: Path | None,
    sha256: str,
    mirror: str,
    allow_unverified: bool,
    catalog_url: str,
    refresh: bool,
) -> None:
    """Fetch a build, verify it, and make it the active one.

    VERSION: 1.30 (its newest patch), 1.30.3, 1.30.3-istio, 1.9.5-tetrate-v0, latest.
    """
    from getmesh.distributions.fetching import Order
    from getmesh.distributions.names import host_platform
    from getmesh.distributions.platforms import parse_platform
    from getmesh.distributions.selection import combine, from_catalog, known_flavor

    catalog = open_catalog(catalog_url, refresh=refresh).catalog
    target = parse_platform(platform) if platform else host_platform()
    wish = combine(wanted, version, flavor, number)
    if archive is not None:
        wish, target = _from_file_name(archive, wish, target, given=bool(wanted or version), platform=bool(platform))
    build = from_catalog(catalog, wish)
    _caution(catalog, build)
    activate = not no_switch and target == host_platform()
    maker = known_flavor(catalog, build.flavor)
    _carry_out(Order(build, maker, target, mirror, archive, sha256, allow_unverified, activate))


def _carry_out(order: "Order") -> None:
    from getmesh.distributions.fetching import Fetcher
    from getmesh.distributions.store import UNVERIFIED, Store
    from getmesh.ports.clock import SystemClock

    with _progress(order.file) as progress:
        fetched = Fetcher(Store(home()), _network, SystemClock(), progress, warn).fetch(order)
    if fetched.verified == UNVERIFIED:
        warn(f"{fetched.name} is not verified; 'getmesh show' will say so for ever")
    state = "is active" if order.activate else "is fetched"
    click.echo(f"{fetched.name} {state} ({fetched.platform}, {sized(fetched.size)}, verified: {fetched.verified})")


def _from_file_name(archive: Path, wish: str, target: str, *, given: bool, platform: bool) -> tuple[str, str]:
    """Take build and platform from the archive's name where the user did not say them."""
    from getmesh.distributions.fetching import named_by_archive

    named = named_by_archive(archive)
    if named is None:
        if not given:
            raise UsageError(
                f"{archive.name} does not say which build it is", hint="Name it: getmesh fetch 1.30.3 --archive …"
            )
        return wish, target
    return (wish if given else named[0]), (target if platform else named[1])


def _caution(catalog: "Catalog", build: "Build") -> None:
    from datetime import UTC, datetime

    if build.do_not_use:
        warn(f"do not use {build.name}: it is withdrawn by {build.do_not_use}")
    elif not build.is_supported(datetime.now(UTC).date()):
        warn(f"{build.name} is past its end of life ({build.eol or 'unknown'})")
    open_bulletins = catalog.bulletins_for(build.parsed)
    if open_bulletins:
        names = ", ".join(bulletin.id for bulletin in open_bulletins[:3])
        more = f" and {len(open_bulletins) - 3} more" if len(open_bulletins) > 3 else ""  # noqa: PLR2004 - as shown
        warn(f"{build.name} has known vulnerabilities: {names}{more}")


def _network() -> "HttpPort":
    from getmesh.ports.http import Http

    if os.environ.get("GETMESH_OFFLINE") == "1":
        raise UsageError("a download needs the network, and GETMESH_OFFLINE is set", hint="Use --archive FILE.")
    return Http(os.environ)


@contextmanager
def _progress(title: str) -> "Iterator[Progress]":
    """Show a bar on a terminal, nothing anywhere else."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(title, total=None)

        def report(done: int, total: int | None) -> None:
            bars.update(task, completed=done, total=total)

        yield report


def _silent(done: int, total: int | None) -> None:
    del done, total
