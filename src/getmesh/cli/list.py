"""``getmesh list``: the catalog of builds."""

import click

from getmesh.cli.distribution_options import catalog_options
from getmesh.cli.options import examples, output_option


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
    from getmesh.cli.listing import Wish, list_builds

    list_builds(Wish(everything, flavor, minor, supported, catalog_url, refresh, output))
