"""Whether the user may do what an installation does: make things, and find, read and change what is there already."""

from collections.abc import Iterable

from getmesh.distributions.checks import Check
from getmesh.errors import ClusterError
from getmesh.model.installation import CREATED, created
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.ports.access_reviews import Deed, refusal, refusals
from getmesh.ports.cluster import ClusterPort
from getmesh.rules.mesh.ist0141_permission_missing import check as check_creation

EVERYTHING = Deed("*", "*", "*")
BESIDES_CREATING = ("get", "list", "patch")


def rights(cluster: ClusterPort, namespace: str) -> list[Check]:
    """Give what stands against an installation into a namespace; who may do everything is asked about once.

    What may not be made is judged by the rule that has a code for it.
    """
    try:
        if refusal(cluster, EVERYTHING) is None:
            return [Check("ok", "you may do everything in this cluster")]
        refused = refusals(cluster, [Deed(*deed) for deed in created(namespace)])
        others = list(_refused_besides(cluster, namespace))
    except ClusterError:
        return [Check("unknown", "the cluster does not tell what you may do")]
    missing = check_creation(Snapshot((), Settings(precheck=True, refused=refused)))
    found = [Check("fail", f"{finding.message} ({finding.meta.code})") for finding in missing]
    if others:
        found.append(Check("fail", f"you may not {', '.join(others)}"))
    return found or [Check("ok", "you may create, get, list and patch what an installation brings")]


def _refused_besides(cluster: ClusterPort, namespace: str) -> Iterable[str]:
    """Give verbs and resource of what is refused besides creating; all verbs at once are asked about first."""
    for group, resource, inside in CREATED:
        place = namespace if inside else ""
        if refusal(cluster, Deed("*", group, resource, place)) is None:
            continue
        verbs = [verb for verb in BESIDES_CREATING if refusal(cluster, Deed(verb, group, resource, place)) is not None]
        if verbs:
            yield f"{' or '.join(verbs)} {resource}" + (f" in {place}" if place else "")
