"""New builds for the catalog, from the files that upstream published."""

from pathlib import Path

import msgspec

from getmesh.distributions.catalog import Build, Catalog, ordered
from getmesh.distributions.checksums import digest_of, parse_checksum, parse_digest
from getmesh.distributions.fetching import named_by_archive
from getmesh.distributions.platforms import archive_name
from getmesh.distributions.versions import parse
from getmesh.errors import InputError


def read_digests(folder: Path, name: str) -> dict[str, str]:
    """Give the SHA-256 of each archive of a build in a folder, by platform.

    Each archive must come with its ``.sha256``, and both must agree; a ``.sha256`` alone counts as well.

    Raises:
        InputError: there is nothing of that build.
        TrustError: a checksum file does not hold.
    """
    digests = {}
    for checksum in sorted(folder.glob("istioctl-*.sha256")):
        archive = checksum.with_suffix("")
        named = named_by_archive(archive)
        if named is None or named[0] != name:
            continue
        digest = parse_checksum(checksum.read_bytes(), archive.name)
        if archive.exists() and digest_of(archive) != digest:
            raise InputError(f"{archive}: does not have the checksum beside it")
        digests[named[1]] = digest
    if not digests:
        raise InputError(f"{folder}: no checksum files of {name}")
    return digests


def pin(catalog: Catalog, text: str) -> Catalog:
    """Give the next edition of a catalog, with the digests that witnesses wrote down; the same one if it has them all.

    Args:
        catalog: the edition before.
        text: lines of digest, archive and witnesses; ``#`` begins a comment.

    Raises:
        InputError: a line is none, names an archive that the catalog does not have, or contradicts the catalog.
    """
    known = {build.name: build for build in catalog.builds}
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    for words in filter(None, lines):
        named = named_by_archive(Path(words[1])) if len(words) == 3 else None  # noqa: PLR2004 - as the docstring says
        build = known.get(named[0]) if named else None
        if named is None or build is None or words[1] != _archive_of(build, named[1]):
            raise InputError(f"{' '.join(words)!r} is no digest, archive and witnesses of a build in the catalog")
        digest = parse_digest(words[0])
        if build.digests.get(named[1], digest) != digest:
            raise InputError(f"{words[1]}: the catalog pins {build.digests[named[1]]}, {words[2]} says {digest}")
        digests = dict(sorted({**build.digests, named[1]: digest}.items()))
        known[build.name] = msgspec.structs.replace(build, digests=digests)
    builds = tuple(known.values())
    return msgspec.structs.replace(catalog, serial=catalog.serial + (builds != catalog.builds), builds=builds)


def _archive_of(build: Build, platform: str) -> str:
    return archive_name(build.version, build.flavor, build.flavor_version, platform)


def add(catalog: Catalog, build: Build) -> Catalog:
    """Give the next edition of a catalog: with this build, or with what is new about it."""
    others = [one for one in catalog.builds if one.name != build.name]
    return msgspec.structs.replace(catalog, serial=catalog.serial + 1, builds=ordered([*others, build]))


def describe(catalog: Catalog, name: str, digests: dict[str, str], **facts: object) -> Build:
    """Give the entry of a build: what the catalog says of it or of its minor, with the digests and facts given.

    Raises:
        InputError: the name is none, or the catalog does not know its minor.
    """
    known = catalog.find(name)
    version = parse(name)
    minor = catalog.minor(version.line)
    if known is None and (minor is None or not version.is_release):
        raise InputError(f"{name}: the catalog knows no minor {version.line or '?'}")
    if known is None and minor is not None:
        known = Build(
            version=".".join(str(number) for number in version.upstream),
            flavor=version.flavor,
            flavor_version=version.flavor_version,
            eol=minor.eol,
            eol_kind=minor.eol_kind,
            kubernetes=minor.kubernetes,
        )
    assert known is not None  # noqa: S101 - one of the two branches above made it
    platforms = tuple(sorted({*known.platforms, *digests}))
    return msgspec.structs.replace(known, digests={**known.digests, **digests}, platforms=platforms, **facts)


def faults(catalog: Catalog) -> list[str]:
    """Give what is wrong with a catalog: duplicate builds, unknown flavors and minors, wrong order, bad dates."""
    found = []
    names = [build.name for build in catalog.builds]
    found += [f"{name}: listed twice" for name in sorted({name for name in names if names.count(name) > 1})]
    if list(catalog.builds) != list(ordered(catalog.builds)):
        found.append("builds are not in order")
    bulletins = {bulletin.id for bulletin in catalog.bulletins}
    for build in catalog.builds:
        if catalog.flavor(build.flavor) is None:
            found.append(f"{build.name}: unknown flavor {build.flavor}")
        if catalog.minor(build.minor) is None:
            found.append(f"{build.name}: unknown minor {build.minor}")
        found += [f"{build.name}: unknown bulletin {name}" for name in build.bulletins if name not in bulletins]
    return found
