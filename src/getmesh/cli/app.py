"""The ``getmesh`` group: finds commands by name and imports only the one that is used."""

from importlib import import_module

import click

from getmesh.cli.commands import COMMANDS
from getmesh.cli.overview import overview, version

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, and whose overview imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names in the order of the overview."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and give one command, None if there is none of that name."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name.

        Raises:
            click.UsageError: there is none; the nearest names are suggested.
        """
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, n=3, cutoff=0.5)
            near += [known for known in COMMANDS if known.startswith(name[:3]) and known not in near]
            suggestion = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"no command {name!r}.{suggestion} See 'getmesh --help'.", ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """Give the overview; it is made without importing any command."""
        del ctx
        return overview().rstrip("\n")


@click.group(cls=LazyGroup, context_settings=CONTEXT, invoke_without_command=True)
@click.version_option(message=version().rstrip("\n"))
@click.option("--istio-version", metavar="V", help="Which istioctl 'istioctl' and 'which' use, before all other rules.")
@click.pass_context
def app(ctx: click.Context, /, **_: object) -> None:
    """Trusted Istio distributions, validated configuration, a real CA, and discovery you can see."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
