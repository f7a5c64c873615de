from datetime import date
from pathlib import Path

import pytest

from getmesh.distributions.advice import Advice, advise
from getmesh.distributions.catalog import Catalog
from getmesh.distributions.editions import load
from getmesh.distributions.versions import parse

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load(Path("/nowhere")).catalog


def advice(catalog: Catalog, text: str, kubernetes: str = "1.33") -> Advice:
    (found,) = advise(catalog, [("istiod", parse(text)), ("istiod", parse(text))], kubernetes, TODAY)
    assert found.counts == {"istiod": 2}
    return found


def test_a_newer_patch_of_the_same_minor_and_flavor_is_named(catalog: Catalog) -> None:
    assert advice(catalog, "1.29.4").patch == "1.29.8-istio-v0"
    assert advice(catalog, "1.29.8").patch == ""
    assert advice(catalog, "1.18.1-tetratefips-v0").patch.startswith("1.18.2-tetratefips-v")


def test_bulletins_are_those_that_concern_the_version(catalog: Catalog) -> None:
    found = advice(catalog, "1.29.4")
    assert [bulletin.id for bulletin in found.bulletins] == ["ISTIO-SECURITY-2026-006", "ISTIO-SECURITY-2026-005"]
    assert found.severity == "high"
    assert advice(catalog, "1.31.1").bulletins == ()


def test_design_advisories_do_not_flag_every_version(catalog: Catalog) -> None:
    assert sum(bulletin.design_advisory for bulletin in catalog.bulletins) == 3
    assert all("2021-002" not in bulletin.id for bulletin in advice(catalog, "1.31.1").bulletins)


def test_withdrawn_builds_are_named_and_never_proposed(catalog: Catalog) -> None:
    assert advice(catalog, "1.13.6").do_not_use == "ISTIO-SECURITY-2022-006"
    assert advice(catalog, "1.13.5").patch == "1.13.9-istio-v0"


def test_next_minors_are_supported_ones_with_their_kubernetes_range(catalog: Catalog) -> None:
    found = {later.build: later.fits for later in advice(catalog, "1.29.8", "1.37").next_minors}
    assert found == {"1.30.5-istio-v0": False, "1.31.1-istio-v0": True}
    assert {later.fits for later in advice(catalog, "1.29.8", "").next_minors} == {None}


def test_end_of_life_is_that_of_the_flavor(catalog: Catalog) -> None:
    upstream, tetrate = advice(catalog, "1.18.2"), advice(catalog, "1.18.2-tetrate-v0")
    assert upstream.eol == "2024-01-04"
    assert tetrate.eol > upstream.eol
    assert advice(catalog, "1.31.1").past_eol is False
    assert advice(catalog, "1.29.8").past_eol is True


@pytest.mark.parametrize(
    ("text", "vendor"),
    [("1.24.2-solo", "Solo.io"), ("1.20.3-asm.4", "Google"), ("1.30.3-r3", "Chainguard"), ("1.25.3-4", "Azure")],
)
def test_a_strange_vendors_build_is_judged_by_its_release_and_never_crosses_flavors(
    catalog: Catalog, text: str, vendor: str
) -> None:
    found = advice(catalog, text)
    assert vendor in found.vendor
    assert found.patch == ""
    assert found.next_minors == ()
    assert any("ask" in note for note in found.notes)


@pytest.mark.parametrize("text", ["unknown", "v2.6", "OSSM_2.6.11", "abcdef0123456789abcdef0123456789abcdef01"])
def test_what_is_no_istio_release_is_compared_with_nothing(catalog: Catalog, text: str) -> None:
    found = advice(catalog, text)
    assert not found.known
    assert found.patch == ""
    assert found.bulletins == ()


def test_suffixes_of_images_do_not_split_a_version(catalog: Catalog) -> None:
    running = [("proxy", parse("1.30.1-distroless")), ("proxy", parse("1.30.1")), ("istiod", parse("1.30.1-debug"))]
    (found,) = advise(catalog, running, "", TODAY)
    assert found.counts == {"istiod": 1, "proxy": 2}


def test_a_release_after_the_catalog_is_said_to_be_newer(catalog: Catalog) -> None:
    assert "newer than the catalog" in advice(catalog, "1.77.0").notes
    assert "not in the catalog" in advice(catalog, "1.17.7").notes


def test_a_pre_release_is_no_release(catalog: Catalog) -> None:
    found = advice(catalog, "1.31.0-rc.4")
    assert any("pre-release" in note for note in found.notes)
    assert found.patch == ""
