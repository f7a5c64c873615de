"""``getmesh update``: whether there is a newer getmesh, and how this one was installed."""

import sys

import click

from getmesh.cli.distribution_options import catalog_options, open_catalog
from getmesh.cli.options import examples


@click.command(epilog=examples("getmesh update", "getmesh update --refresh"))
@catalog_options
def update(catalog_url: str, refresh: bool) -> None:
    """Tell whether there is a newer getmesh and print the command that installs it; nothing is replaced here.

    The catalog's publisher says which release is the newest.
    """
    from getmesh import __version__
    from getmesh.distributions.versions import release_order

    newest = open_catalog(catalog_url, refresh=refresh).catalog.newest_getmesh
    if newest and release_order(newest) > release_order(__version__):
        click.echo(f"getmesh {newest} is out, this is {__version__}; install it with:")
        click.echo(f"  {_command()}")
        return
    known = "the newest that the catalog knows" if newest else "the catalog does not say which is the newest"
    click.echo(f"this is getmesh {__version__}: {known}")
    click.echo(f"  to update by hand: {_command()}")


def _command() -> str:
    """Give the command of the installer in use, as its traces tell."""
    place = sys.prefix.replace("\\", "/")
    if "/pipx/" in place:
        return "pipx upgrade getmesh"
    if "/uv/tools/" in place:
        return "uv tool upgrade getmesh"
    if place.endswith("/.getmesh/tool"):
        return "run the install.sh of the newer release"
    if _installer() == "uv":
        return "uv pip install --upgrade getmesh"
    return f"{sys.executable} -m pip install --upgrade getmesh"


def _installer() -> str:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return (distribution("getmesh").read_text("INSTALLER") or "").strip()
    except PackageNotFoundError:
        return ""
