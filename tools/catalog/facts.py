"""Make the embedded catalog out of gathered facts: ``python -m tools.catalog.facts FOLDER [--check]``.

FOLDER holds ``istio-releases.json`` and ``tetrate-distributions.json``. With ``--check`` nothing is written; the exit
code is 1 when the embedded catalog says something else.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from getmesh import __version__
from getmesh.distributions.catalog import (
    SCHEMA,
    Build,
    Bulletin,
    Catalog,
    Cve,
    Fips,
    Flavor,
    Minor,
    decode,
    encode,
    ordered,
)
from getmesh.distributions.platforms import upstream_platforms

TARGET = Path(__file__).parents[2] / "src/getmesh/data/catalog/catalog.json"
TETRATE_MONTHS = 14
NOT_PUBLIC = "its maker offers no public download"
BORING = Fips(standard="FIPS 140-2", module="BoringCrypto", certificate="3678")
FLAVORS = (
    Flavor(
        name="istio",
        title="upstream Istio",
        sources=(
            "https://github.com/istio/istio/releases/download/{version}/{file}",
            "https://blob.istio.io/istio-release/releases/{version}/{file}",
        ),
    ),
    Flavor(name="tetrate", title="Tetrate Istio Distro", unavailable=NOT_PUBLIC),
    Flavor(name="tetratefips", title="Tetrate Istio Distro, FIPS", unavailable=NOT_PUBLIC, fips=BORING),
)


def upstream(release: dict[str, Any], minor: Minor) -> Build:
    """Give the build of an upstream release."""
    major, line = (int(number) for number in minor.minor.split("."))
    return Build(
        version=release["version"],
        flavor="istio",
        released=release["date"],
        eol=minor.eol,
        eol_kind=minor.eol_kind,
        kubernetes=minor.kubernetes,
        security=release["security"],
        security_basis=tuple(release.get("security_basis", ())),
        bulletins=tuple(release["bulletins"]),
        do_not_use=release.get("do_not_use_bulletin", ""),
        platforms=upstream_platforms((major, line)),
        notes=f"https://istio.io/latest{release['notes_path']}",
    )


def vendor(row: dict[str, Any], base: Build, minor: Minor, counted_from: str) -> Build:
    """Give the build of a vendor: its own dates, the security facts of the release that it is built from."""
    kubernetes = tuple(row["k8s_versions"])
    return Build(
        version=row["version"],
        flavor=row["flavor"],
        flavor_version=row["flavor_version"],
        released=row["first_listed"],
        eol=row["eol"] or _later(counted_from, TETRATE_MONTHS),
        eol_kind="final" if row["eol"] else "computed",
        kubernetes=kubernetes or minor.kubernetes,
        kubernetes_source="maker" if kubernetes else "upstream",
        security=base.security,
        security_basis=base.security_basis,
        bulletins=base.bulletins,
        do_not_use=base.do_not_use,
        notes=base.notes,
    )


def make(folder: Path, serial: int) -> Catalog:
    """Give the catalog that the facts make."""
    facts = json.loads((folder / "istio-releases.json").read_text(encoding="utf-8"))
    rows = json.loads((folder / "tetrate-distributions.json").read_text(encoding="utf-8"))
    minors = {row["minor"]: _minor(row) for row in facts["minors"]}
    base = {row["version"]: upstream(row, minors[row["version"].rpartition(".")[0]]) for row in facts["releases"]}
    # Tetrate counts its months from the day in upstream's support table, also where that differs from the tag's.
    counted_from = {row["minor"]: row.get("released_per_support_table", row["released"]) for row in facts["minors"]}
    vendors = [
        vendor(row, base[row["version"]], minors[minor], counted_from[minor])
        for row in rows
        if row["flavor"] != "istio" and (minor := row["version"].rpartition(".")[0])
    ]
    return Catalog(
        schema=SCHEMA,
        serial=serial,
        facts_as_of=facts["facts_as_of"],
        flavors=FLAVORS,
        minors=tuple(minors.values()),
        builds=ordered([*base.values(), *vendors]),
        bulletins=tuple(_bulletin(row) for row in facts["bulletins"]),
        newest_getmesh=__version__,
    )


def keep_additions(made: Catalog, old: Catalog) -> Catalog:
    """Give the catalog with what its owner added since: pinned digests, addresses, builds that the facts lack."""
    before = {build.name: build for build in old.builds}
    builds = [
        msgspec.structs.replace(build, digests=before[build.name].digests, urls=before[build.name].urls)
        if build.name in before
        else build
        for build in made.builds
    ]
    names = {build.name for build in builds}
    builds += [build for name, build in before.items() if name not in names]
    return msgspec.structs.replace(made, builds=ordered(builds), newest_getmesh=old.newest_getmesh)


def main() -> int:
    """Write or check the embedded catalog."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    old = decode(TARGET.read_bytes()) if TARGET.exists() else None
    serial = old.serial if old else 1
    made = make(options.folder, serial)
    data = encode(keep_additions(made, old) if old else made)
    if old and data == TARGET.read_bytes():
        print(f"{TARGET.name}: edition {serial} is what the facts say")
        return 0
    if options.check:
        print(f"{TARGET.name}: differs from the facts", file=sys.stderr)
        return 1
    edition = serial + 1 if old else 1
    TARGET.write_bytes(encode(msgspec.structs.replace(decode(data), serial=edition)))
    print(f"{TARGET.name}: wrote edition {edition}")
    return 0


def _minor(row: dict[str, Any]) -> Minor:
    return Minor(
        minor=row["minor"],
        released=row["released"],
        eol=row["eol"],
        eol_kind=row["eol_kind"],
        kubernetes=tuple(row["k8s_supported"]),
        kubernetes_tested=tuple(row["k8s_tested"]),
    )


def _bulletin(row: dict[str, Any]) -> Bulletin:
    cves = tuple(Cve(id=cve["id"], cvss=cve.get("cvss"), severity=cve.get("severity") or "") for cve in row["cves"])
    return Bulletin(
        id=row["id"],
        date=row["date"],
        cvss=row["cvss"],
        cves=cves,
        affected=tuple(row["affected"]),
        fixed=tuple(row["fixed"]),
        design_advisory=row.get("design_advisory", False),
    )


def _later(day: str, months: int) -> str:
    start = date.fromisoformat(day)
    total = start.year * 12 + start.month - 1 + months
    last = (date(total // 12 + (total % 12 == 11), (total % 12 + 1) % 12 + 1, 1) - date.resolution).day  # noqa: PLR2004 - months
    return date(total // 12, total % 12 + 1, min(start.day, last)).isoformat()


if __name__ == "__main__":
    sys.exit(main())
