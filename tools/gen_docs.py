"""Writes the pages that come from code: rules, their index, and the command reference.

usage: gen_docs.py [--check]   with --check nothing is written; exit 1 when a page is not as the code would make it
"""

import sys
from pathlib import Path

import click

from getmesh.analysis.catalogue import rules
from getmesh.cli.app import app
from getmesh.cli.commands import COMMANDS
from getmesh.report.explain import page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def pages() -> dict[Path, str]:
    """Give every generated page by its path."""
    found: dict[Path, str] = {}
    rows = ["# Codes", "", "| code | severity | name | what it finds |", "| --- | --- | --- | --- |"]
    for rule in rules():
        meta = rule.meta
        found[DOCS / "rules" / f"{meta.code}.md"] = page(rule)
        title = meta.title.replace("|", "\\|")
        rows.append(f"| [{meta.code}]({meta.code}.md) | {meta.severity} | {meta.name} | {title} |")
    found[DOCS / "rules" / "README.md"] = "\n".join(rows) + "\n"
    index = ["# Commands", "", "| command | what it does |", "| --- | --- |"]
    for name, entry in COMMANDS.items():
        found[DOCS / "cli" / f"{name}.md"] = command_page(name)
        index.append(f"| [`getmesh {name}`]({name}.md) | {entry.help} |")
    found[DOCS / "cli" / "README.md"] = "\n".join(index) + "\n"
    return found


def command_page(name: str) -> str:
    """Give the help of a command and of its subcommands."""
    context = click.Context(app, info_name="getmesh", terminal_width=110)
    command = app.get_command(context, name)
    if command is None:
        raise SystemExit(f"no command {name}")
    parts = [f"# getmesh {name}", *_help(command, context, name)]
    return "\n\n".join(parts) + "\n"


def _help(command: click.Command, parent: click.Context, name: str) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=110)
    found = [f"```text\n{command.get_help(context).rstrip()}\n```"]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            sub = command.get_command(context, inner)
            if sub is not None:
                found += [
                    f"## getmesh {context.command_path.removeprefix('getmesh ')} {inner}",
                    *_help(sub, context, inner),
                ]
    return found


def main() -> int:
    """Write or compare."""
    check = "--check" in sys.argv[1:]
    wanted = pages()
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    there = [*(DOCS / "rules").glob("*.md"), *(DOCS / "cli").glob("*.md")]
    extra = [path for path in there if path not in wanted]
    if check:
        for path in (*stale, *extra):
            print(f"{path.relative_to(ROOT)} is not what the code says: run 'make docs'")
        return 1 if stale or extra else 0
    for path in extra:
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
