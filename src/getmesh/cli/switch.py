"""``getmesh switch``: make a fetched build the active one."""

import click

from getmesh.cli.distribution_options import home, version_options
from getmesh.cli.options import examples


@click.command(
    epilog=examples("getmesh switch 1.30", "getmesh switch --version 1.9.5 --flavor tetrate --flavor-version 0")
)
@version_options
def switch(wanted: str | None, version: str | None, flavor: str | None, number: int | None) -> None:
    """Make a fetched build the active one; works offline.

    A minor picks its newest *fetched* build. Without a flavor, the active build's flavor decides between several.
    """
    from getmesh.distributions.names import host_platform
    from getmesh.distributions.selection import combine, from_store
    from getmesh.distributions.store import Store

    store = Store(home())
    active = store.active_name()
    usable = [build for build in store.builds() if build.platform == host_platform() and not build.fault]
    build = from_store(usable, combine(wanted, version, flavor, number), active)
    store.switch(build)
    click.echo(f"{build.name} is active" if build.name != active else f"{build.name} was active already")
