"""Which findings people have said they do not want, and why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from getmesh.analysis.meta import Severity
from getmesh.analysis.placing import Place, Placed
from getmesh.errors import UsageError

ISTIOCTL_ANNOTATION: Final = "galley.istio.io/analyze-suppress"
KIALI_ANNOTATION: Final = "kiali.io/ignore-validations"


class Suppression(NamedTuple):
    """``--suppress "CODE=Kind name.namespace"``; each part may hold ``*`` as istioctl takes it."""

    code: str
    resource: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Codes that are ignored below a path or in a namespace; both may hold wildcards, ``""`` means any."""

    codes: frozenset[str]
    path: str = ""
    namespace: str = ""


def never(place: Place, code: str) -> bool:
    """No comment silences anything: for objects that come from no file."""
    del place, code
    return False


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that hides or changes findings.

    Attributes:
        suppressions: from the command line.
        scopes: from the project's configuration.
        severities: severity by code, from the project's configuration.
        commented: whether a comment in the file silences a code at a place.
        namespaces: if not empty, only findings of these are reported.
        baseline: fingerprints of findings that are known and accepted.
    """

    suppressions: tuple[Suppression, ...] = ()
    scopes: tuple[Scope, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    commented: Callable[[Place, str], bool] = never
    namespaces: frozenset[str] = frozenset()
    baseline: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Filtered:
    """Findings to report, and how many were held back."""

    kept: list[Placed]
    suppressed: int
    baseline: int


def parse_suppression(text: str) -> Suppression:
    """Read ``CODE=Kind name.namespace``, as istioctl documents it, or ``CODE=Kind namespace/name``, as it compares.

    Raises:
        UsageError: it has another form.
    """
    code, equals, resource = text.partition("=")
    if not equals or not code.strip() or not resource.strip():
        raise UsageError(
            f"--suppress: {text!r} is not CODE=RESOURCE", hint='Write it as "IST0102=Namespace frod" or "IST0103=*".'
        )
    return Suppression(code.strip(), resource.strip())


def apply(findings: Iterable[Placed], policy: Policy) -> Filtered:
    """Hide what people do not want; severities are changed first."""
    kept: list[Placed] = []
    suppressed = known = 0
    for placed in findings:
        finding = placed.finding
        if policy.namespaces and _home(placed) not in policy.namespaces:
            continue
        if _suppressed(placed, policy) or policy.commented(placed.place, finding.meta.code):
            suppressed += 1
            continue
        if policy.baseline and finding.fingerprint in policy.baseline:
            known += 1
            continue
        wanted = policy.severities.get(finding.meta.code)
        kept.append(replace(placed, finding=replace(finding, severity=wanted)) if wanted else placed)
    return Filtered(kept, suppressed, known)


def _home(placed: Placed) -> str:
    obj = placed.finding.object
    return obj.name if obj.key == "Namespace" else obj.namespace


def annotated(annotations: Mapping[str, str], code: str) -> bool:
    """Whether an object's annotations suppress a code.

    istioctl's list is not trimmed and its ``*`` stands for the codes of its own family and ours; Kiali's is trimmed,
    and an empty value stands for all of Kiali's.
    """
    wanted = annotations.get(ISTIOCTL_ANNOTATION)
    if wanted is not None:
        codes = wanted.split(",")
        if code in codes or ("*" in codes and not code.startswith("KIA")):
            return True
    ignored = annotations.get(KIALI_ANNOTATION)
    if ignored is not None and code.startswith("KIA"):
        return not ignored.strip() or code in {part.strip() for part in ignored.split(",")}
    return False


def _suppressed(placed: Placed, policy: Policy) -> bool:
    finding, code = placed.finding, placed.finding.meta.code
    if annotated(finding.object.annotations, code):
        return True
    obj = finding.object
    names = (f"{obj.name}.{obj.namespace}", f"{obj.namespace}/{obj.name}") if obj.namespace else (obj.name,)
    if any(
        fnmatchcase(code, item.code) and any(fnmatchcase(f"{obj.kind} {name}", item.resource) for name in names)
        for item in policy.suppressions
    ):
        return True
    return any(
        code in scope.codes
        and (not scope.path or fnmatchcase(placed.place.file, scope.path))
        and (not scope.namespace or fnmatchcase(_home(placed), scope.namespace))
        for scope in policy.scopes
    )
