"""``getmesh rules``: the catalogue of codes."""

import click

from getmesh.cli.options import examples, output_option


@click.command(epilog=examples("getmesh rules", "getmesh rules --select KIA -o json"))
@click.option("--select", metavar="CODES", default="", help="Only these codes, or beginnings of codes.")
@output_option("table", "json", "yaml")
def rules(select: str, output: str) -> None:
    """List every code that getmesh knows, with its severity and what it reads."""
    from getmesh.analysis import catalogue
    from getmesh.analysis.selection import expand
    from getmesh.report import json, yaml
    from getmesh.report.columns import table
    from getmesh.report.explain import data

    known = catalogue.modules()
    codes = expand(select.split(","), known, "--select") if select.strip() else frozenset(known)
    loaded = catalogue.rules(codes)
    if output == "table":
        rows = [(rule.meta.code, str(rule.meta.severity), rule.meta.name, rule.meta.title) for rule in loaded]
        click.echo(table(("CODE", "SEVERITY", "NAME", "TITLE"), rows), nl=False)
        return
    document = {"schema": "getmesh/rules/v1", "rules": [data(rule, with_examples=False) for rule in loaded]}
    click.echo(json.dumps(document) if output == "json" else yaml.dumps(document), nl=False)
