"""``getmesh ca``: look at the mesh's CA, prove it, rotate it, keep and restore copies."""

import click

from getmesh.cli.ca_copies import backup, restore
from getmesh.cli.ca_root import init
from getmesh.cli.ca_show import inspect, verify


@click.group()
def ca() -> None:
    """Look at the mesh's CA, prove it, rotate it, keep and restore copies."""


for command in (inspect, verify, backup, restore, init):
    ca.add_command(command)
