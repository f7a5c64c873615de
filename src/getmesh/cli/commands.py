"""Every command: where it lives and what the overview says of it. Nothing is imported before a command is used."""

from typing import Final, NamedTuple


class Command(NamedTuple):
    """One row of the overview.

    Attributes:
        target: ``module:attribute`` of the click command.
        help: one line.
        group: heading in the overview.
    """

    target: str
    help: str
    group: str


CONFIGURATION: Final = "Configuration"
DISTRIBUTIONS: Final = "Distributions"
AUTHORITY: Final = "Certificates"
DISCOVERY: Final = "Discovery"
SELF: Final = "getmesh itself"

COMMANDS: Final[dict[str, Command]] = {
    "config-validate": Command(
        "getmesh.cli.config_validate:config_validate", "Find faults in Istio configuration", CONFIGURATION
    ),
    "explain": Command("getmesh.cli.explain:explain", "Explain a code: meaning, example, cure", CONFIGURATION),
    "rules": Command("getmesh.cli.rules:rules", "List every code that getmesh knows", CONFIGURATION),
    "completion": Command("getmesh.cli.completion:completion", "Print a completion script for your shell", SELF),
    "debug": Command("getmesh.cli.debug:debug", "Show how getmesh reads its input", SELF),
}
