"""IST0123: a namespace asks for its Pods to be taken into the mesh in several ways."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import DATAPLANE, INJECTION, REVISION
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0123",
    name="namespace-labels-compete",
    severity=Severity.WARNING,
    title="Namespace has several labels that decide about the mesh",
    means=(
        "The namespace carries more than one of the labels for injection, for a revision and for the data plane mode."
    ),
    why="One label wins and the others are ignored: istio-injection beats istio.io/rev, so a canary may never be used.",
    fix="Keep the one label that says what you want, and remove the others.",
    message="labels {labels} compete",
    reads=("Namespace",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0123/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each namespace with competing labels; an injection label of another value is alone."""
    for namespace in snapshot.each("Namespace"):
        labels = namespace.labels
        if namespace.name == "istio-system" or not labels:
            continue
        asked = [INJECTION] if INJECTION in labels else []
        if labels.get(INJECTION, "enabled") == "enabled":
            asked += [key for key in (REVISION, DATAPLANE) if key in labels]
        if len(asked) > 1:
            listed = ", ".join(f"{key}={labels[key]}" for key in asked)
            yield META.on(namespace, ("metadata", "labels"), labels=listed)
