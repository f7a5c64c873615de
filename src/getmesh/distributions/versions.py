"""Versions as meshes report them: upstream's and every vendor's forms, in one total order.

Upstream has ``1.30.5``, ``1.31.0-rc.4``, ``1.31-alpha.<commit>``, bare commits and ``unknown``; vendors append
``-tetrate-v0``, ``-tetratefips0``, ``-solo-fips``, ``-patch0-solo``, ``-asm.4``, ``-r3`` and more; image tags add
``-distroless`` or ``-debug``. OpenShift Service Mesh 2 has its own numbers, which compare with nothing.
"""

import re
from typing import Final, NamedTuple

RELEASE: Final = 9
_STAGES: Final = {"alpha": 1, "beta": 2, "rc": 3}
_STAGE_NAMES: Final = {number: name for name, number in _STAGES.items()}
_VARIANTS: Final = ("distroless", "debug")
_LATEST: Final = "latest"
_NUMBER: Final = r"(0|[1-9][0-9]{0,8})"

_CORE = re.compile(rf"(?:v|release-)?{_NUMBER}\.{_NUMBER}(?:\.{_NUMBER})?(?![0-9.])(.*)", re.ASCII | re.DOTALL)
_STAGE = re.compile(rf"-(alpha|beta|rc)(?:\.{_NUMBER}(?=$|[-+])|\.([0-9a-f]{{7,64}})(?=$|[-+]))?", re.ASCII)
_PATCH = re.compile(rf"-patch{_NUMBER}(?=-|$)", re.ASCII)
_PLUS = re.compile(rf"\+{_NUMBER}$", re.ASCII)
_BUILD = re.compile(rf"-{_NUMBER}$", re.ASCII)
_FLAVOR = re.compile(rf"-([a-z][a-z-]*?)(?:-?v{_NUMBER}|\.{_NUMBER}|-?{_NUMBER})?(?:\+([0-9A-Za-z.]+))?$", re.ASCII)

_TETRATE: Final = frozenset({"tetrate", "tetratefips", "tetrate-multiarch", "distro"})
_DOTTED: Final = frozenset({"asm", "eksbuild"})
_ATTACHED: Final = frozenset({"r"})
BUILD_NUMBER: Final = "build"
_VENDORS: Final = {
    **dict.fromkeys(_TETRATE, "Tetrate"),
    "istio": "Istio",
    "asm": "Google Cloud Service Mesh",
    "eksbuild": "Tetrate on EKS",
    "mspider": "DaoCloud",
    "r": "Chainguard",
    BUILD_NUMBER: "Azure Kubernetes Service",
}


class IstioVersion(NamedTuple):
    """One version. Comparing two of them compares the fields in their order, so the order is total.

    Attributes:
        major: -1 for what is no Istio version: a bare commit, ``unknown``, another product's number.
        minor: as usual.
        patch: -1 when there is none, as in development builds.
        stage: 1 alpha, 2 beta, 3 rc, 9 release; everything before a release sorts below it.
        stage_number: as in ``rc.4``; -1 when there is none.
        flavor: ``istio`` for upstream, else the vendor's word, such as ``tetratefips``.
        vendor_patch: as in ``-patch2-solo``; -1 when there is none.
        flavor_version: the build of the flavor, an integer, so that v9 comes before v10.
        variant: ``distroless``, ``debug`` or empty.
        rest: what else was there: a commit, build metadata, or for an unknown form the whole text.
    """

    major: int
    minor: int
    patch: int
    stage: int
    stage_number: int
    flavor: str
    vendor_patch: int
    flavor_version: int
    variant: str
    rest: str

    @property
    def is_known(self) -> bool:
        """Whether it has a place among Istio's releases."""
        return self.major >= 0

    @property
    def is_release(self) -> bool:
        """Whether it is a release, no pre-release and no development build."""
        return self.is_known and self.patch >= 0 and self.stage == RELEASE

    @property
    def upstream(self) -> tuple[int, int, int]:
        """Major, minor, patch of the Istio release that it is built from."""
        return self.major, self.minor, self.patch

    @property
    def line(self) -> str:
        """The minor, such as ``1.30``; empty for what is no Istio version."""
        return f"{self.major}.{self.minor}" if self.is_known else ""

    @property
    def name(self) -> str:
        """The build's name in catalog and store, such as ``1.30.5-istio-v0``."""
        return f"{self.major}.{self.minor}.{self.patch}-{self.flavor}-v{self.flavor_version}"

    @property
    def vendor(self) -> str:
        """Who made it, as far as the form tells; the flavor itself when nobody is known for it."""
        if self.flavor.startswith("solo"):
            return "Solo.io"
        return _VENDORS.get(self.flavor, self.flavor or "unknown")

    def __str__(self) -> str:
        """Give a form that reads back as this version."""
        if not self.is_known:
            return self.rest
        text = f"{self.major}.{self.minor}" + (f".{self.patch}" if self.patch >= 0 else "")
        rest = self.rest
        if self.stage != RELEASE:
            text += f"-{_STAGE_NAMES[self.stage]}"
            if self.stage_number >= 0:
                text += f".{self.stage_number}"
            elif rest:
                text, rest = f"{text}.{rest}", ""
        text += f"-patch{self.vendor_patch}" if self.vendor_patch >= 0 else ""
        text += self._flavor_text()
        text += f"-{rest}" if rest == _LATEST else f"+{rest}" if rest else ""
        return text + (f"-{self.variant}" if self.variant else "")

    def _flavor_text(self) -> str:
        number = self.flavor_version
        if self.flavor == "istio":
            return f"-istio-v{number}" if number else ""
        if self.flavor == BUILD_NUMBER:
            return f"-{number}"
        if self.flavor in _DOTTED:
            return f"-{self.flavor}.{number}"
        if self.flavor in _ATTACHED:
            return f"-{self.flavor}{number}"
        bare = not number and self.flavor not in _TETRATE and not self.flavor.endswith((*_VARIANTS, _LATEST))
        return f"-{self.flavor}" if bare else f"-{self.flavor}-v{number}"


def parse(text: str) -> IstioVersion:
    """Read any form; what is no Istio version comes back with ``is_known`` false, never as an error."""
    text = text.strip()
    body, variant = _strip_variant(text)
    match = _CORE.fullmatch(body)
    if match is None or int(match[1]) != 1:
        # Istio has been 1.x since 2018; 2.x and 3.x are products of others, compared with nothing.
        return _foreign(text)
    version = IstioVersion(
        int(match[1]),
        int(match[2]),
        -1 if match[3] is None else int(match[3]),
        RELEASE,
        -1,
        "istio",
        -1,
        0,
        variant,
        "",
    )
    return _read_suffix(version, match[4]) or _foreign(text)


def release_order(text: str) -> tuple[int, ...]:
    """Give the numbers of a plain release of getmesh, such as (0, 10, 1), for comparing; empty for anything else."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else ()


def _strip_variant(text: str) -> tuple[str, str]:
    for variant in _VARIANTS:
        if text.endswith(f"-{variant}"):
            return text[: -len(variant) - 1], variant
    return text, ""


def _foreign(text: str) -> IstioVersion:
    return IstioVersion(-1, -1, -1, RELEASE, -1, "", -1, 0, "", text)


def _read_suffix(version: IstioVersion, suffix: str) -> IstioVersion | None:
    stage = _STAGE.match(suffix)
    if stage:
        number = -1 if stage[2] is None else int(stage[2])
        version = version._replace(stage=_STAGES[stage[1]], stage_number=number, rest=stage[3] or "")
        suffix = suffix[stage.end() :]
    patch = _PATCH.match(suffix)
    if patch:
        version = version._replace(vendor_patch=int(patch[1]))
        suffix = suffix[patch.end() :]
    if not suffix:
        return version
    if plus := _PLUS.fullmatch(suffix):
        # The form of Tetrate's charts: 1.22.8+21 is 1.22.8-tetrate-v21.
        return version._replace(flavor="tetrate", flavor_version=int(plus[1]))
    if build := _BUILD.fullmatch(suffix):
        return version._replace(flavor=BUILD_NUMBER, flavor_version=int(build[1]))
    if suffix == f"-{_LATEST}" and version.stage == RELEASE:
        return version._replace(rest=_LATEST)
    return _read_flavor(version, suffix)


def _read_flavor(version: IstioVersion, suffix: str) -> IstioVersion | None:
    match = _FLAVOR.fullmatch(suffix)
    if match is None:
        return None
    number = next((group for group in match.groups()[1:4] if group is not None), "0")
    if match[5] is not None and version.rest:
        return None
    flavor = match[1].rstrip("-")
    return version._replace(flavor=flavor, flavor_version=int(number), rest=version.rest or match[5] or "")
