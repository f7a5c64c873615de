"""``getmesh completion SHELL``: a static completion script."""

import click

from getmesh.cli.commands import COMMANDS
from getmesh.cli.options import examples

SHELLS = ("bash", "zsh", "fish")


@click.command(epilog=examples("getmesh completion bash", "getmesh completion zsh"))
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print a completion script for your shell; it needs no getmesh call per TAB.

    Load it with: source <(getmesh completion bash)
    """
    from getmesh.cli.app import app

    context = click.Context(app, info_name="getmesh")
    words: dict[str, list[str]] = {}
    for name in COMMANDS:
        command = app.get_command(context, name)
        if command is not None:
            words[name] = _words(command)
    click.echo({"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](words), nl=False)


def _words(command: click.Command) -> list[str]:
    found = [option for parameter in command.params for option in parameter.opts if option.startswith("-")]
    if isinstance(command, click.Group):
        found += command.commands
    return [*found, "--help"]


def _bash(words: dict[str, list[str]]) -> str:
    cases = "\n".join(f'    {name}) words="{" ".join(options)}" ;;' for name, options in words.items())
    return f"""# getmesh completion for bash
_getmesh() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{" ".join(words)} --help --version"
  else
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ ${{#COMPREPLY[@]}} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}}
complete -o filenames -F _getmesh getmesh
"""


def _zsh(words: dict[str, list[str]]) -> str:
    cases = "\n".join(f"    {name}) compadd -- {' '.join(options)}; _files ;;" for name, options in words.items())
    return f"""#compdef getmesh
_getmesh() {{
  if (( CURRENT == 2 )); then
    compadd -- {" ".join(words)} --help --version
    return
  fi
  case "$words[2]" in
{cases}
  esac
}}
compdef _getmesh getmesh
"""


def _fish(words: dict[str, list[str]]) -> str:
    lines = ["# getmesh completion for fish"]
    for name, options in words.items():
        summary = COMMANDS[name].help.replace("'", "\\'")
        lines.append(f"complete -c getmesh -n __fish_use_subcommand -f -a {name} -d '{summary}'")
        for option in options:
            if option.startswith("--"):
                flag = f"-l {option[2:]}"
            elif option.startswith("-"):
                flag = f"-s {option[1:]}"
            else:
                flag = f"-f -a {option}"
            lines.append(f"complete -c getmesh -n '__fish_seen_subcommand_from {name}' {flag}")
    return "\n".join(lines) + "\n"
