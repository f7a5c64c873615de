"""The ``getmesh`` group: finds commands by name and imports only the one that is used."""

from difflib import get_close_matches
from importlib import import_module

import click

from getmesh import __version__
from getmesh.cli.commands import COMMANDS
from getmesh.cli.options import examples

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
            near = get_close_matches(name, COMMANDS, n=3, cutoff=0.5)
            near += [known for known in COMMANDS if known.startswith(name[:3]) and known not in near]
            suggestion = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"no command {name!r}.{suggestion} See 'getmesh --help'.", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table alone."""
        del ctx
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, entry in COMMANDS.items():
            groups.setdefault(entry.group, []).append((name, entry.help))
        for group, rows in groups.items():
            with formatter.section(group):
                formatter.write_dl(rows)


@click.group(
    cls=LazyGroup,
    context_settings=CONTEXT,
    invoke_without_command=True,
    epilog=examples(
        "getmesh config-validate --offline shop.yaml",
        "getmesh explain IST0101",
        "getmesh list --supported",
    ),
)
@click.version_option(__version__, message="getmesh %(version)s")
@click.pass_context
def app(ctx: click.Context, /) -> None:
    """Trusted Istio distributions, validated configuration, a real CA, and discovery you can see."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
