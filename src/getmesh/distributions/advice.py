"""What to do about running versions: patches, bulletins, end of life, skew, and the minors that this cluster allows."""

from collections.abc import Iterable
from datetime import date

import msgspec

from getmesh.distributions.catalog import Build, Bulletin, Catalog
from getmesh.distributions.running import Mesh
from getmesh.distributions.versions import IstioVersion

SEVERITIES = ("critical", "high", "medium", "low", "unknown")
_LAG = 1


class NextMinor(msgspec.Struct, frozen=True, rename="camel"):
    """A later minor of the same flavor.

    Attributes:
        build: name of its newest build.
        kubernetes: minors of Kubernetes that it was tested on.
        fits: whether the cluster's is among them; None when the cluster's is not known.
        eol: last day of its support.
    """

    build: str
    kubernetes: tuple[str, ...]
    fits: bool | None
    eol: str


class Advice(msgspec.Struct, frozen=True, rename="camel"):
    """What there is to say about one running version.

    Attributes:
        version: canonical text.
        vendor: who made it.
        counts: how many of which component run it.
        known: whether the catalog has this build or its release.
        patch: name of the newest build of its minor and flavor when that is newer, else empty.
        bulletins: what concerns it.
        eol: last day of support of this flavor, empty when unknown.
        past_eol: whether that day has passed; None when unknown.
        do_not_use: the bulletin that withdraws it, else empty.
        next_minors: later minors of its flavor that are supported today.
        notes: sentences for what does not fit the fields.
    """

    version: str
    vendor: str
    counts: dict[str, int]
    known: bool
    patch: str
    bulletins: tuple[Bulletin, ...]
    eol: str
    past_eol: bool | None
    do_not_use: str
    next_minors: tuple[NextMinor, ...]
    notes: tuple[str, ...]

    @property
    def severity(self) -> str:
        """The gravest severity among the bulletins, empty without any."""
        found = [bulletin.severity for bulletin in self.bulletins]
        return min(found, key=SEVERITIES.index) if found else ""


def advise(catalog: Catalog, running: Iterable[tuple[str, IstioVersion]], kubernetes: str, today: date) -> list[Advice]:
    """Give one advice for each distinct version, ascending.

    Args:
        catalog: what is known.
        running: component and version of every running part.
        kubernetes: the cluster's version, such as ``1.33``; empty when unknown.
        today: the day of the question.
    """
    counts: dict[IstioVersion, dict[str, int]] = {}
    for component, version in running:
        bare = version._replace(variant="")
        found = counts.setdefault(bare, {})
        found[component] = found.get(component, 0) + 1
    return [_advise(catalog, version, counts[version], kubernetes, today) for version in sorted(counts)]


def skew(mesh: Mesh) -> list[str]:
    """Give a sentence for each proxy version that its control plane must not serve.

    A control plane may be one minor ahead of the proxies, and never behind them (Istio's support policy).
    """
    by_revision = {plane.revision: plane.version for plane in mesh.control_planes() if plane.version.is_known}
    if not by_revision:
        return []
    newest = max(by_revision.values())
    found: dict[tuple[IstioVersion, IstioVersion], int] = {}
    for part in mesh.data_plane():
        plane = by_revision.get(part.revision, newest)
        if part.version.is_known and not 0 <= plane.minor - part.version.minor <= _LAG:
            found[part.version, plane] = found.get((part.version, plane), 0) + 1
    return [
        f"{'1 proxy runs' if count == 1 else f'{count} proxies run'} {version}, "
        + ("ahead of" if version.minor > plane.minor else f"{plane.minor - version.minor} minors behind")
        + f" the control plane {plane}"
        for (version, plane), count in sorted(found.items())
    ]


def _advise(catalog: Catalog, version: IstioVersion, counts: dict[str, int], kubernetes: str, today: date) -> Advice:
    build = catalog.for_version(version)
    same_flavor = [one for one in catalog.builds if one.flavor == version.flavor and not one.do_not_use]
    known_flavor = catalog.flavor(version.flavor) is not None
    eol = build.eol if build else _eol_of_minor(same_flavor, version)
    return Advice(
        version=str(version),
        vendor=version.vendor,
        counts=dict(sorted(counts.items())),
        known=build is not None,
        patch=_patch(same_flavor, version) if version.is_release else "",
        bulletins=tuple(catalog.bulletins_for(version)),
        eol=eol,
        past_eol=eol < today.isoformat() if eol else None,
        do_not_use=build.do_not_use if build else "",
        next_minors=tuple(_next(same_flavor, version, kubernetes, today)) if version.is_known else (),
        notes=tuple(_notes(version, build, catalog, known_flavor=known_flavor)),
    )


def _patch(builds: list[Build], version: IstioVersion) -> str:
    minor = [build for build in builds if build.parsed.upstream[:2] == version.upstream[:2]]
    newest = max(minor, key=lambda build: build.parsed, default=None)
    return newest.name if newest and newest.parsed > version else ""


def _eol_of_minor(builds: list[Build], version: IstioVersion) -> str:
    days = [build.eol for build in builds if build.parsed.upstream[:2] == version.upstream[:2] and build.eol]
    return max(days, default="")


def _next(builds: list[Build], version: IstioVersion, kubernetes: str, today: date) -> list[NextMinor]:
    newest: dict[tuple[int, int], Build] = {}
    for build in builds:
        parsed = build.parsed
        if parsed.upstream[:2] > version.upstream[:2] and build.is_supported(today):
            newest[parsed.major, parsed.minor] = build
    return [
        NextMinor(build.name, build.kubernetes, kubernetes in build.kubernetes if kubernetes else None, build.eol)
        for _, build in sorted(newest.items())
    ]


def _notes(version: IstioVersion, build: Build | None, catalog: Catalog, *, known_flavor: bool) -> list[str]:
    if not version.is_known:
        return ["no Istio release can be told from this; nothing is compared"]
    notes = []
    if not version.is_release:
        notes.append("a pre-release or development build; use a release")
    if not known_flavor:
        notes.append(
            f"a build of {version.vendor}, judged by the Istio release under it; for patches, ask {version.vendor}"
        )
    elif build is None and version.is_release:
        newest = max((one.parsed.upstream for one in catalog.builds), default=(0, 0, 0))
        newer = version.upstream > newest
        notes.append("newer than the catalog" if newer else "not in the catalog")
    return notes
