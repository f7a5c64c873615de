"""``getmesh default-hub``: the hub put into installs that name none."""

import click

from getmesh.cli.distribution_options import home, warn
from getmesh.cli.options import examples
from getmesh.errors import UsageError


@click.command(
    "default-hub", epilog=examples("getmesh default-hub --set registry.example.com/istio", "getmesh default-hub")
)
@click.option("--set", "hub", metavar="HUB", help="Use this hub.")
@click.option("--remove", is_flag=True, help="Use Istio's own again.")
@click.option("--show", is_flag=True, help="Print the hub (the default).")
def default_hub(hub: str | None, remove: bool, show: bool) -> None:
    """Set, remove or show the hub that 'getmesh istioctl install' uses when nothing else names one."""
    from getmesh.distributions.hub import RETIRED, read_hub, remove_hub, write_hub

    if sum((hub is not None, remove, show)) > 1:
        raise UsageError("--set, --remove and --show exclude one another")
    if hub is not None:
        write_hub(home(), hub)
        if hub in RETIRED:
            warn(f"{hub}: {RETIRED[hub]}")
        click.echo(f"the default hub is {hub}")
    elif remove:
        remove_hub(home())
        click.echo("the default hub is Istio's own")
    else:
        click.echo(read_hub(home()) or "no default hub is set; Istio's own is used")
