"""``getmesh istioctl ARGS…``: what the pass-through leaves to the whole command line.

Most calls never come here: ``getmesh.__main__`` replaces the process before anything else is loaded. Here are the
calls that install, those for which the cluster must be asked first, and those that end in an explanation.
"""

import os
import sys
from typing import TYPE_CHECKING

import click

from getmesh.cli.distribution_options import home, warn
from getmesh.cli.options import examples
from getmesh.errors import GetmeshError, StorageError, UsageError

if TYPE_CHECKING:
    from getmesh.distributions.checks import Check
    from getmesh.distributions.install import InstallCall
    from getmesh.distributions.resolution import Decision


class Untouched(click.Command):
    """A command whose arguments are never parsed: not ``--``, not ``--help``, nothing."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments as they are."""
        ctx.args = list(args)
        return ctx.args


@click.command(
    cls=Untouched,
    add_help_option=False,
    options_metavar="ARGS...",
    epilog=examples(
        "getmesh istioctl version", "getmesh istioctl install --set profile=demo", "getmesh istioctl --help"
    ),
)
@click.pass_context
def istioctl(ctx: click.Context) -> int:
    """Run istioctl of the build in use, with the arguments as they are.

    'install', 'upgrade' and 'manifest' are checked before and afterwards; everything else becomes istioctl itself.
    """
    from getmesh.cli.resolving import decide
    from getmesh.distributions.install import GENERATE, read_call

    arguments = list(ctx.args)
    call = read_call(arguments)
    flag = ctx.find_root().params.get("istio_version")
    decision = decide(os.environ, arguments, flag, installing=bool(call.verb))
    if call.verb == GENERATE:
        return _become(decision, _add_hub(call, arguments))
    if call.verb:
        return _install(decision, call, arguments)
    return _become(decision, arguments)


def _become(decision: "Decision", arguments: list[str]) -> int:
    from getmesh.distributions.passthrough import become

    become(decision.path, arguments)
    name = decision.fields.get("name", "")
    raise StorageError(
        f"{decision.path} cannot be run", hint=f"Fetch it again: getmesh prune {name}; getmesh fetch {name}"
    )


def _add_hub(call: "InstallCall", arguments: list[str]) -> list[str]:
    from getmesh.distributions.hub import read_hub
    from getmesh.distributions.install import hub_of, with_hub

    hub = read_hub(home())
    if not hub:
        return arguments
    named = hub_of(call)
    if named is not None:
        if named.startswith("("):
            warn(f"the default hub is not added, since {named[1:-1]} may name one")
        return arguments
    warn(f"images come from the default hub {hub}")
    return with_hub(arguments, hub)


def _install(decision: "Decision", call: "InstallCall", arguments: list[str]) -> int:
    """Check, ask, install, check again.

    Returns:
        istioctl's exit code, or 1 if it was 0 and the check afterwards failed, or if a check before stops it.
    """
    from getmesh.cli.clusters import cluster_of_call
    from getmesh.distributions.arrival import after
    from getmesh.distributions.install import with_yes
    from getmesh.ports.clock import SystemClock
    from getmesh.ports.processes import Processes

    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not (call.yes or call.dry_run or terminal):
        raise UsageError("there is no terminal to ask on", hint="Confirm with -y, or look first with --dry-run.")
    name = decision.fields.get("name", "")
    given = _add_hub(call, arguments)
    cluster = cluster_of_call(arguments)
    warn(f"{call.verb} {name} ({decision.reason}) into {cluster.server}, namespace {call.namespace}")
    if _show(_before(name, call, given, arguments)):
        warn(f"stopped before anything was changed; to go on all the same, run istioctl itself: {decision.path}")
        return 1
    if not (call.yes or call.dry_run):
        if not click.confirm("Go on?", err=True):
            raise click.Abort
        given = with_yes(given)
    code = Processes(os.environ).attach([decision.path, *given])
    if code or call.dry_run:
        return code
    click.echo(err=True)  # istioctl leaves its last line open
    try:
        return 1 if _show(after(cluster, name, call, SystemClock(), warn)) else 0
    except GetmeshError as error:
        warn(f"installed, but not verified: {error.message}")
        return 1


def _before(name: str, call: "InstallCall", given: list[str], arguments: list[str]) -> "list[Check]":
    from datetime import UTC, datetime

    from getmesh.cli.clusters import cluster_of_call
    from getmesh.distributions.editions import load
    from getmesh.distributions.install import hub_of, read_call
    from getmesh.distributions.precheck import before

    build = load(home()).catalog.find(name)
    hub = hub_of(read_call(given))
    return before(cluster_of_call(arguments), build, name, call, hub, datetime.now(UTC).date())


def _show(checks: "list[Check]") -> bool:
    """Print a list of checks; whether one of them failed."""
    marks = {"ok": "ok     ", "warn": "warning", "fail": "failed ", "unknown": "unknown"}
    for check in checks:
        click.echo(f"  {marks[check.state]}  {check.text}", err=True)
    return any(check.state == "fail" for check in checks)
