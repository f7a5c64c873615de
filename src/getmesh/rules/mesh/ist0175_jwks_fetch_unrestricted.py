"""IST0175: istiod fetches keys from whatever address a RequestAuthentication names."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0175",
    name="istiod-jwks-fetch-unrestricted",
    severity=Severity.WARNING,
    title="The control plane fetches keys from any address",
    means="There are RequestAuthentications, and no container of this istiod blocks address ranges for the URIs of "
    "their keys.",
    why="Whoever may write a RequestAuthentication can make istiod send requests into its own network.",
    fix="Set the environment variable BLOCKED_CIDRS_IN_JWKS_URIS of istiod to the ranges that hold no key servers.",
    message="istiod has no BLOCKED_CIDRS_IN_JWKS_URIS, and {count} RequestAuthentications exist: {names}",
    reads=("RequestAuthentication", "Deployment"),
    since="0.1",
    istio=">=1.28",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0175/",
)

_VARIABLE: Final = "BLOCKED_CIDRS_IN_JWKS_URIS"
_CONTAINERS: Final[Path] = ("spec", "template", "spec", "containers")


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Deployment labelled app=istiod, in any namespace, that blocks nothing."""
    policies = snapshot.each("RequestAuthentication")
    for deployment in snapshot.each("Deployment") if policies else ():
        if deployment.labels.get("app") == "istiod" and not _blocks(deployment):
            names = listing(policy.full_name for policy in policies)
            yield META.on(deployment, _CONTAINERS, count=len(policies), names=names)


def _blocks(deployment: Object) -> bool:
    """Whether a container sets the variable to a literal value; references and init containers do not count."""
    for container in as_list(deployment.field(*_CONTAINERS).value):
        for variable in as_list(as_map(container).get("env")):
            entry = as_map(variable)
            if entry.get("name") == _VARIABLE and as_text(entry.get("value")):
                return True
    return False
