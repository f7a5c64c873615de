"""GM0002: a field does not exist in this version of Istio."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.fields.structure import ISTIO_KINDS, Structure
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0002",
    name="field-of-other-version",
    severity=Severity.ERROR,
    title="A field does not exist in this version of Istio",
    means="The field came with a later version of Istio than the one asked about, or has gone since.",
    why=(
        "The CRDs of that version do not have the field: the API server drops or refuses it, and what it"
        " should do never happens."
    ),
    fix="Upgrade Istio to the version that the message names, or do without the field.",
    message="'{field}' {problem}; this is judged for Istio {version}",
    reads=ISTIO_KINDS,
    uses=(Structure,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each field, and each version of a kind, that the chosen minor of Istio does not have."""
    version = ".".join(map(str, snapshot.settings.istio_version))
    for obj, oddity in snapshot.service(Structure).of("newer", "gone"):
        problem = f"needs Istio {oddity.detail}" if oddity.sort == "newer" else f"is gone since {oddity.detail}"
        name = obj.api_version if oddity.path == ("apiVersion",) else oddity.name
        yield META.on(obj, oddity.path, field=name, problem=problem, version=version)
