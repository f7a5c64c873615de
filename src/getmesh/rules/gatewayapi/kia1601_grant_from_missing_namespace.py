"""KIA1601: a ReferenceGrant lets in a namespace that does not exist."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1601",
    name="referencegrant-from-missing-namespace",
    severity=Severity.ERROR,
    title="A ReferenceGrant lets in a namespace that does not exist",
    means="The namespace that references may come from is not known; system namespaces count as unknown.",
    why="The references that the grant is meant for are refused, so their routes lose the backend.",
    fix="Correct the name of the namespace, or remove the entry.",
    message="references are let in from namespace {namespace!r}, which does not exist",
    reads=("ReferenceGrant",),
    uses=(KialiMembership,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each entry that names no known namespace."""
    membership = snapshot.service(KialiMembership)
    for grant in membership.objects("ReferenceGrant"):
        for place in grant.select("spec.from[]"):
            namespace = place.get("namespace")
            if place.present and namespace.text not in membership.visible:
                yield META.at(namespace, namespace=namespace.text)
