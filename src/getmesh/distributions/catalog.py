"""The catalog: which Istio builds exist, how long they live, what is wrong with them, and where they come from."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from getmesh.distributions.versions import IstioVersion, parse
from getmesh.errors import TrustError

SCHEMA = "getmesh/catalog/v1"


class Fips(msgspec.Struct, frozen=True, rename="camel"):
    """What the vendor says about validated cryptography; a statement, no proof.

    Attributes:
        standard: such as ``FIPS 140-2``.
        module: such as ``BoringCrypto``.
        certificate: number of the module's certificate, empty when unknown.
    """

    standard: str
    module: str
    certificate: str = ""


class Flavor(msgspec.Struct, frozen=True, rename="camel"):
    """Who builds, and where files come from.

    Attributes:
        name: such as ``istio``.
        title: for people.
        sources: templates of URLs with ``{version}`` and ``{file}``, in the order to try.
        unavailable: why nothing can be downloaded, when ``sources`` is empty.
        fips: present for flavors with validated cryptography.
    """

    name: str
    title: str
    sources: tuple[str, ...] = ()
    unavailable: str = ""
    fips: Fips | None = None


class Build(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One build of one flavor. Dates are ISO 8601 days, empty when unknown.

    Attributes:
        released: of vendors' builds the day on which they were first listed.
        eol: last day of support by the maker of this flavor.
        eol_kind: ``final``, ``announced``, ``expected`` or ``computed``.
        kubernetes: minors it was tested on.
        platforms: empty when the maker does not say.
        kubernetes_source: ``upstream`` when a vendor's build takes the list of the Istio minor.
        security: it fixes vulnerabilities.
        do_not_use: the bulletin that withdraws it, else empty.
        digests: SHA-256 of the archive by platform, where known.
        urls: place of the archive by platform, where the flavor's templates do not tell.
    """

    version: str
    flavor: str
    flavor_version: int = 0
    released: str = ""
    eol: str = ""
    eol_kind: str = ""
    kubernetes: tuple[str, ...] = ()
    kubernetes_source: str = "maker"
    security: bool = False
    security_basis: tuple[str, ...] = ()
    bulletins: tuple[str, ...] = ()
    do_not_use: str = ""
    platforms: tuple[str, ...] = ()
    digests: dict[str, str] = {}
    urls: dict[str, str] = {}
    notes: str = ""

    @property
    def name(self) -> str:
        """Such as ``1.30.3-istio-v0``."""
        return f"{self.version}-{self.flavor}-v{self.flavor_version}"

    @property
    def parsed(self) -> IstioVersion:
        """The version with its order."""
        return parse(self.name)

    @property
    def minor(self) -> str:
        """Such as ``1.30``."""
        return self.version.rpartition(".")[0]

    def is_supported(self, today: date) -> bool:
        """Whether its maker still supports it; an unknown end counts as past."""
        return bool(self.eol) and self.eol >= today.isoformat()


class Minor(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One minor of upstream Istio."""

    minor: str
    released: str
    eol: str
    eol_kind: str
    kubernetes: tuple[str, ...]
    kubernetes_tested: tuple[str, ...] = ()


class Cve(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One vulnerability of a bulletin."""

    id: str
    cvss: float | None = None
    severity: str = ""


class Bulletin(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A security bulletin of the Istio project.

    Attributes:
        affected: ranges of which one has to hold; the parts of one range, joined by commas, hold together; ``*``: all.
        fixed: releases that mend it; empty when none does.
        design_advisory: it describes how Istio works and touches every version.
    """

    id: str
    date: str
    cvss: float | None = None
    cves: tuple[Cve, ...] = ()
    affected: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    design_advisory: bool = False

    @property
    def severity(self) -> str:
        """The gravest severity of its vulnerabilities by CVSS 3 score: critical, high, medium, low or unknown."""
        scores = [score for score in (self.cvss, *(cve.cvss for cve in self.cves)) if score is not None]
        top = max(scores, default=-1.0)
        bands = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))
        return next((name for floor, name in bands if top >= floor), "unknown")

    def concerns(self, version: IstioVersion) -> bool:
        """Whether a release is affected, by the Istio release that it is built from."""
        return version.is_known and any(_within(version.upstream, span) for span in self.affected)


class Catalog(msgspec.Struct, frozen=True, rename="camel"):
    """Everything known about builds.

    Attributes:
        serial: grows with every edition; a lower one never replaces a higher one.
        facts_as_of: the day up to which sources were read.
        flavors, minors, builds, bulletins: the content; builds in ascending order.
        newest_getmesh: the newest release of getmesh itself, empty when the publisher does not say.
    """

    schema: str
    serial: int
    facts_as_of: str
    flavors: tuple[Flavor, ...]
    minors: tuple[Minor, ...]
    builds: tuple[Build, ...]
    bulletins: tuple[Bulletin, ...]
    newest_getmesh: str = ""

    def find(self, name: str) -> Build | None:
        """Give the build of that name."""
        return next((build for build in self.builds if build.name == name), None)

    def flavor(self, name: str) -> Flavor | None:
        """Give the flavor of that name."""
        return next((flavor for flavor in self.flavors if flavor.name == name), None)

    def minor(self, name: str) -> Minor | None:
        """Give upstream's minor of that name."""
        return next((minor for minor in self.minors if minor.minor == name), None)

    def for_version(self, version: IstioVersion) -> Build | None:
        """Give the build that a running version is, whatever form its text had; pre-releases are none."""
        return self.find(version.name) if version.is_release else None

    def bulletins_for(self, version: IstioVersion) -> list[Bulletin]:
        """Give the bulletins that concern a release and have a cure, the gravest first."""
        found = [one for one in self.bulletins if not one.design_advisory and one.concerns(version)]
        return sorted(found, key=lambda one: (-(one.cvss or 0.0), one.id))


def decode(data: bytes) -> Catalog:
    """Read a catalog.

    Raises:
        TrustError: it is none, or of a format that this getmesh does not know.
    """
    try:
        catalog = msgspec.json.decode(data, type=Catalog)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TrustError(
            f"the catalog cannot be read: {error}", hint="Update getmesh, or ask its publisher."
        ) from error
    if catalog.schema != SCHEMA:
        raise TrustError(f"the catalog has format {catalog.schema!r}, expected {SCHEMA}", hint="Update getmesh.")
    return catalog


def encode(catalog: Catalog) -> bytes:
    """Give the bytes of a catalog, one build a line, so that its history can be read as differences."""
    fields: dict[str, Any] = msgspec.to_builtins(catalog)
    lines = []
    for key, value in fields.items():
        if isinstance(value, (list, tuple)):
            rows = ",\n".join(f"  {msgspec.json.encode(row).decode()}" for row in value)
            lines.append(f' "{key}": [\n{rows}\n ]')
        else:
            lines.append(f' "{key}": {msgspec.json.encode(value).decode()}')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def ordered(builds: Iterable[Build]) -> tuple[Build, ...]:
    """Give builds in ascending order of version, flavor and flavor version."""
    return tuple(sorted(builds, key=lambda build: build.parsed))


def _within(version: tuple[int, int, int], span: str) -> bool:
    return all(_compares(version, part.strip()) for part in span.split(","))


def _compares(version: tuple[int, int, int], part: str) -> bool:
    if part == "*":
        return True
    sign = part.rstrip("0123456789.")
    bound = tuple(int(number) for number in part[len(sign) :].split("."))
    have = version[: len(bound)]
    outcome = {"<": have < bound, "<=": have <= bound, ">": have > bound, ">=": have >= bound, "==": have == bound}
    if sign not in outcome:
        raise TrustError(f"the catalog has a range that cannot be read: {part!r}")
    return outcome[sign]
