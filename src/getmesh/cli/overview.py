"""``getmesh --help`` and ``--version`` as text, from the table of commands alone: they must be instant."""

from getmesh import __version__
from getmesh.cli.commands import COMMANDS

SUMMARY = "Trusted Istio distributions, validated configuration, a real CA, and discovery you can see."
EXAMPLES = (
    "getmesh config-validate --offline shop.yaml",
    "getmesh explain IST0101",
    "getmesh list --supported",
)


def overview() -> str:
    """Give the overview of all commands."""
    width = max(len(name) for name in COMMANDS) + 2
    groups: dict[str, list[str]] = {}
    for name, entry in COMMANDS.items():
        groups.setdefault(entry.group, []).append(f"  {name:<{width}}{entry.help}")
    lines = ["Usage: getmesh [OPTIONS] COMMAND [ARGS]...", "", f"  {SUMMARY}"]
    for group, rows in groups.items():
        lines += ["", f"{group}:", *rows]
    lines += ["", "Options:", f"  {'--version':<{width}}Show the version and exit."]
    lines.append(f"  {'--istio-version V':<{width}} Which istioctl 'istioctl' and 'which' use.")
    lines.append(f"  {'-h, --help':<{width}}Show this message and exit; every command has its own.")
    lines += ["", "Examples:", *(f"  {line}" for line in EXAMPLES)]
    return "\n".join(lines) + "\n"


def version() -> str:
    """Give the line of ``--version``."""
    return f"getmesh {__version__}\n"
