import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getmesh.distributions.catalog import Bulletin, Catalog, decode, encode
from getmesh.distributions.editions import embedded_bytes
from getmesh.distributions.fetching import RETIRED_HOSTS
from getmesh.distributions.platforms import archive_name
from getmesh.distributions.versions import parse
from getmesh.errors import TrustError
from tools.catalog import builds, facts

CATALOG = decode(embedded_bytes())


def test_the_embedded_catalog_is_without_fault() -> None:
    assert builds.faults(CATALOG) == []
    assert len(CATALOG.builds) > 450


def test_it_encodes_as_it_is_kept() -> None:
    assert encode(CATALOG) == embedded_bytes()


def test_security_comes_from_upstream_for_every_flavor() -> None:
    upstream = {build.version: build.security for build in CATALOG.builds if build.flavor == "istio"}
    vendors = [build for build in CATALOG.builds if build.flavor != "istio"]
    assert all(build.security == upstream[build.version] for build in vendors)
    assert sum(build.security for build in vendors) > 50


def test_no_source_is_a_retired_host() -> None:
    sources = [source for flavor in CATALOG.flavors for source in flavor.sources]
    assert sources[0].startswith("https://github.com/istio/istio/releases/download/")
    assert sources[1].startswith("https://blob.istio.io/")
    assert not any(host in source for host in RETIRED_HOSTS for source in sources)


def test_versions_that_were_never_released_are_absent() -> None:
    assert not {build.version for build in CATALOG.builds} & {"1.17.7", "1.18.4", "1.19.2"}


def test_builds_of_the_course_are_there() -> None:
    for name in ("1.8.3-tetrate-v0", "1.9.0-tetratefips-v1", "1.9.5-tetrate-v0"):
        assert CATALOG.find(name) is not None
    flavor = CATALOG.flavor("tetratefips")
    assert flavor is not None
    assert flavor.fips is not None
    assert flavor.fips.module == "BoringCrypto"


@pytest.mark.parametrize(
    ("version", "platform", "name"),
    [
        ("1.9.5", "darwin/amd64", "istioctl-1.9.5-osx.tar.gz"),
        ("1.10.0", "darwin/arm64", "istioctl-1.10.0-osx-arm64.tar.gz"),
        ("1.18.7", "windows/amd64", "istioctl-1.18.7-win.zip"),
        ("1.19.0", "windows/amd64", "istioctl-1.19.0-win.zip"),
        ("1.31.1", "linux/armv7", "istioctl-1.31.1-linux-armv7.tar.gz"),
    ],
)
def test_files_are_named_as_upstream_names_them(version: str, platform: str, name: str) -> None:
    assert archive_name(version, "istio", 0, platform) == name


def test_macs_with_arm_have_no_build_before_1_10() -> None:
    build = CATALOG.find("1.9.5-istio-v0")
    assert build is not None
    assert "darwin/arm64" not in build.platforms


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [
        (">=1.29.0,<=1.29.6", "1.29.6", "1.29.7"),
        ("<1.20.0", "1.19.9", "1.20.0"),
        ("==1.30.0", "1.30.0", "1.30.1"),
        (">=1.6.0", "1.31.0", "1.5.9"),
    ],
)
def test_ranges_include_what_they_say(span: str, inside: str, outside: str) -> None:
    bulletin = Bulletin(id="x", date="", affected=(span,))
    assert bulletin.concerns(parse(inside))
    assert not bulletin.concerns(parse(outside))
    assert not bulletin.concerns(parse("unknown"))


def test_every_fix_is_unaffected() -> None:
    for bulletin in CATALOG.bulletins:
        for fixed in bulletin.fixed:
            assert not bulletin.concerns(parse(fixed)), (bulletin.id, fixed)


@given(st.binary(max_size=200))
def test_garbage_is_no_catalog(data: bytes) -> None:
    with pytest.raises(TrustError):
        decode(data)


def test_a_later_format_is_refused_by_name() -> None:
    document = json.loads(embedded_bytes())
    document["schema"] = "getmesh/catalog/v9"
    with pytest.raises(TrustError, match="v9"):
        decode(json.dumps(document).encode())


def test_made_anew_from_facts_the_catalog_keeps_what_its_owner_added() -> None:
    added = builds.add(CATALOG, builds.describe(CATALOG, "1.31.1-istio-v0", {"linux/amd64": "a" * 64}))
    made = Catalog(**{name: getattr(CATALOG, name) for name in CATALOG.__struct_fields__})
    kept = facts.keep_additions(made, added)
    build = kept.find("1.31.1-istio-v0")
    assert build is not None
    assert build.digests["linux/amd64"] == "a" * 64
    older = kept.find("1.30.3-istio-v0")
    assert older is not None
    assert len(older.digests) == 4, "pins that were there before"
