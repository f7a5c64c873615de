"""``getmesh update``: whether there is a newer getmesh, and how this one was installed."""

import shlex
import sys
from pathlib import Path

import click

from getmesh.cli.distribution_options import catalog_options, open_catalog
from getmesh.cli.options import examples

_TRACES = {
    "pipx_metadata.json": "pipx upgrade getmesh",
    "uv-receipt.toml": "uv tool upgrade getmesh",
    "made-by-install.sh": "run the install.sh of the newer release",
}


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
    """Give the command of the installer in use, as the traces that it left in our environment tell."""
    place = Path(sys.prefix)
    for trace, command in _TRACES.items():
        if (place / trace).exists():
            return command
    if _installer() == "uv":
        return f"uv pip install --python {shlex.quote(sys.executable)} --upgrade getmesh"
    return f"{shlex.quote(sys.executable)} -m pip install --upgrade getmesh"


def _installer() -> str:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return (distribution("getmesh").read_text("INSTALLER") or "").strip()
    except PackageNotFoundError:
        return ""
