"""``getmesh which``: the istioctl that a call would use, and why."""

import os
import time
from typing import TYPE_CHECKING

import click

from getmesh.cli.distribution_options import print_document
from getmesh.cli.options import examples, output_option

if TYPE_CHECKING:
    from getmesh.distributions.resolution import Decision


@click.command(
    epilog=examples("getmesh which", "getmesh which --explain", "getmesh --istio-version 1.30 which"),
    context_settings={"ignore_unknown_options": True},
)
@click.option("--explain", is_flag=True, help="Show every rule that was tried.")
@click.option("--context", metavar="NAME", help="Kubeconfig context, as istioctl would get it.")
@click.option("-c", "--kubeconfig", metavar="FILE", help="Kubeconfig file, as istioctl would get it.")
@output_option("table", "json", "yaml")
@click.pass_context
def which(ctx: click.Context, explain: bool, context: str | None, kubeconfig: str | None, output: str) -> None:
    """Print the binary that 'getmesh istioctl' would run here and now.

    The order: --istio-version before the command, GETMESH_ISTIO_VERSION, .istio-version in this folder or above, the
    version of the control plane, the active build.
    """
    from getmesh.cli.resolving import decide

    arguments = ["proxy-status"]
    arguments += ["--context", context] if context else []
    arguments += ["--kubeconfig", kubeconfig] if kubeconfig else []
    decision = decide(os.environ, arguments, ctx.find_root().params.get("istio_version"))
    name = decision.fields.get("name", "")
    if output != "table":
        steps = [{"rule": rule, "outcome": outcome} for rule, outcome in decision.steps]
        document = {"schema": "getmesh/which/v1", "path": decision.path, "build": name, "reason": decision.reason}
        print_document({**document, "steps": steps}, output)
        return
    if explain:
        for rule, outcome in decision.steps:
            click.echo(f"{rule}: {outcome}")
        click.echo(f"so: {name} ({decision.reason})")
        click.echo(f"Python: {_python(decision, named=bool(context or kubeconfig))}")
    click.echo(decision.path)


def _python(decision: "Decision", *, named: bool) -> str:
    """Say whether the command starts Python for such a call."""
    from getmesh.cli.distribution_options import home
    from getmesh.distributions.shortcut import saves_python

    if named:
        return "started, since a flag names the cluster"
    if decision.reason != "active build" and not decision.reason.startswith("control plane"):
        return "started, since a version is asked for"
    return saves_python(str(home()), os.environ, time.time())
