"""``getmesh discovery``: what istiod makes of the configuration for every proxy, before it is applied."""

import click

from getmesh.cli.discovery_diff import diff
from getmesh.cli.discovery_judge import check, plan
from getmesh.cli.discovery_views import all_, clusters, endpoints, namespaces


@click.group()
def discovery() -> None:
    """See what each proxy is sent, what a change does to it, and which selection is enough."""


for command in (endpoints, clusters, all_, namespaces, diff, check, plan):
    discovery.add_command(command)
