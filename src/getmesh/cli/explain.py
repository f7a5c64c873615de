"""``getmesh explain CODE``: one rule's page."""

from difflib import get_close_matches

import click

from getmesh.cli.options import examples, output_option
from getmesh.errors import UsageError


@click.command(epilog=examples("getmesh explain IST0101", "getmesh explain KIA1102 -o json"))
@click.argument("code")
@output_option("text", "json", "markdown")
def explain(code: str, output: str) -> None:
    """Explain a code: what it means, why it matters, a bad and a good example, the cure."""
    from getmesh.analysis.catalogue import load, modules
    from getmesh.report.explain import data, page, text
    from getmesh.report.json import dumps

    known = modules()
    wanted = code.strip().upper()
    if wanted not in known:
        near = get_close_matches(wanted, known, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "'getmesh rules' lists the codes."
        raise UsageError(f"no code {code!r}", hint=hint)
    rule = load(wanted, known[wanted])
    match output:
        case "json":
            click.echo(dumps(data(rule)), nl=False)
        case "markdown":
            click.echo(page(rule), nl=False)
        case _:
            click.echo(text(rule), nl=False)
