"""``getmesh debug``: how getmesh sees its input."""

import click

from getmesh.cli.options import examples


@click.group(name="debug", short_help="how getmesh sees its input")
def debug() -> None:
    """Show how getmesh sees its input; for bug reports and tests."""


@debug.command(name="yaml", epilog=examples("getmesh debug yaml shop.yaml"))
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
def yaml(paths: tuple[str, ...]) -> None:
    """Print how documents were read: one JSON line a file.

    Each line is {"file", "docs": [{"line", "json"} or {"line", "error"}]}. PATH is a file, folder or pattern, or - for
    standard input. What cannot be read does not change the exit code.
    """
    from getmesh.sources.transcript import transcript

    for line in transcript(paths):
        click.echo(line)
