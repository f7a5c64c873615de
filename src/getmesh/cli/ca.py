"""``getmesh ca``: look at the mesh's CA, prove it, rotate it, keep and restore copies."""

import click

from getmesh.cli.ca_copies import backup, restore
from getmesh.cli.ca_root import init
from getmesh.cli.ca_rotate import rotate
from getmesh.cli.ca_show import inspect, verify
from getmesh.cli.ca_status import status


@click.group()
def ca() -> None:
    """Look at the mesh's CA, prove it, rotate it, keep and restore copies."""


for command in (status, inspect, verify, rotate, backup, restore, init):
    ca.add_command(command)
