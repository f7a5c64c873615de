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
    "snapshot": Command("getmesh.cli.snapshot:snapshot", "Save what getmesh needs of a cluster", CONFIGURATION),
    "explain": Command("getmesh.cli.explain:explain", "Explain a code: meaning, example, cure", CONFIGURATION),
    "rules": Command("getmesh.cli.rules:rules", "List every code that getmesh knows", CONFIGURATION),
    "list": Command("getmesh.cli.list:list_", "List the Istio builds of the catalog", DISTRIBUTIONS),
    "show": Command("getmesh.cli.show:show", "Show the fetched builds and the active one", DISTRIBUTIONS),
    "fetch": Command("getmesh.cli.fetch:fetch", "Fetch and verify a build, make it active", DISTRIBUTIONS),
    "switch": Command("getmesh.cli.switch:switch", "Make a fetched build the active one", DISTRIBUTIONS),
    "prune": Command("getmesh.cli.prune:prune", "Remove builds that are not active", DISTRIBUTIONS),
    "istioctl": Command("getmesh.cli.istioctl:istioctl", "Run istioctl of the build in use", DISTRIBUTIONS),
    "which": Command("getmesh.cli.which:which", "Tell which istioctl a call would use, and why", DISTRIBUTIONS),
    "version": Command("getmesh.cli.version:version", "Versions of getmesh, istioctl and the mesh", DISTRIBUTIONS),
    "check-upgrade": Command(
        "getmesh.cli.check_upgrade:check_upgrade", "What to do about the versions that run", DISTRIBUTIONS
    ),
    "default-hub": Command("getmesh.cli.default_hub:default_hub", "Hub of installs that name none", DISTRIBUTIONS),
    "gen-ca": Command("getmesh.cli.gen_ca:gen_ca", "Obtain an intermediate CA for the mesh", AUTHORITY),
    "ca": Command("getmesh.cli.ca:ca", "Look at, prove, rotate and restore the mesh's CA", AUTHORITY),
    "discovery": Command(
        "getmesh.cli.discovery:discovery", "See what istiod sends each proxy, and plan selectors", DISCOVERY
    ),
    "doctor": Command("getmesh.cli.doctor:doctor", "What stands in the way here, with cures", SELF),
    "update": Command("getmesh.cli.update:update", "Whether there is a newer getmesh", SELF),
    "completion": Command("getmesh.cli.completion:completion", "Print a completion script for your shell", SELF),
    "debug": Command("getmesh.cli.debug:debug", "Show how getmesh reads its input", SELF),
}
