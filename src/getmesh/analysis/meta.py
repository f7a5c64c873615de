"""What a rule says of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from getmesh.model.snapshot import Snapshot

if TYPE_CHECKING:
    from getmesh.analysis.finding import Finding, Related
    from getmesh.model.objects import Field, Object
    from getmesh.model.paths import Path


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for errors, larger for lesser ones."""
        return _RANKS[self]


_RANKS: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


class Difference(NamedTuple):
    """Where we deliberately judge otherwise than the reference.

    Attributes:
        reference: ``istioctl`` or ``kiali``.
        what: what the reference does, one sentence.
        ours: what we do instead and why that is right, one sentence.
    """

    reference: str
    what: str
    ours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMeta:
    """Every fact about one code; pages, ``explain`` and the catalogue are made from it.

    Attributes:
        code: ``IST0101``, ``KIA0101`` or ``GM0101``.
        name: kind and problem, in words joined by hyphens.
        severity: what a finding has unless it says otherwise.
        title: the problem in one line, without a final period.
        means: what a finding says about the mesh.
        why: what goes wrong for users.
        fix: how to mend it.
        message: text with ``{placeholders}``, lower case at its start; `at` fills them.
        reads: kinds that the rule itself reads, by snapshot key.
        uses: services (`getmesh.model`) that it asks; what they read counts as read.
        since: first getmesh version that has it.
        istio: Istio versions that the rule applies to, ``>=1.0`` style, several joined by commas.
        twin: code of the other family that names the same fault.
        differs: deliberate differences from the reference.
        gap: says why this snapshot cannot be judged, or None when it can; such a rule is reported as not evaluated.
        link: page of the reference about this code.
        tags: what a run has to know of it: ``precheck`` (judged before an installation, or if somebody asks by name),
            ``clusters`` (compares clusters with one another), ``never`` (no input can raise it),
            ``ignored-by-default``.
    """

    code: str
    name: str
    severity: Severity
    title: str
    means: str
    why: str
    fix: str
    message: str
    reads: tuple[str, ...]
    since: str
    istio: str = ">=1.0"
    uses: tuple[type[Any], ...] = ()
    twin: str = ""
    differs: tuple[Difference, ...] = ()
    gap: Callable[[Snapshot], str | None] | None = None
    link: str = ""
    tags: tuple[str, ...] = field(default=())

    @property
    def family(self) -> str:
        """The reference whose view of the objects the rule judges: ``istioctl``, ``kiali`` or ``getmesh``."""
        return {"IST": "istioctl", "KIA": "kiali"}.get(self.code[:3], "getmesh")

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind that the rule reads, through services too."""
        found = set(self.reads)
        for service in self.uses:
            found |= service.READS
        return frozenset(found)

    def at(
        self,
        place: "Field",
        *,
        severity: Severity | None = None,
        related: "tuple[Related, ...]" = (),
        **arguments: object,
    ) -> "Finding":
        """Make a finding at a place."""
        return self.on(place.object, place.path, severity=severity, related=related, **arguments)

    def on(
        self,
        obj: "Object",
        path: "Path" = (),
        *,
        severity: Severity | None = None,
        related: "tuple[Related, ...]" = (),
        **arguments: object,
    ) -> "Finding":
        """Make a finding on an object, at a path that the caller has at hand as a tuple."""
        from getmesh.analysis.finding import Finding  # noqa: PLC0415 - the two modules know each other

        texts: Mapping[str, str] = {name: str(value) for name, value in arguments.items()}
        return Finding(self, obj, path, texts, severity or self.severity, related)
