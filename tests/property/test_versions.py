"""Versions: one total order, and text that reads back."""

from hypothesis import example, given
from hypothesis import strategies as st

from getmesh.distributions.constraints import Constraint, choose
from getmesh.distributions.names import join, split
from getmesh.distributions.versions import parse

NUMBERS = st.integers(0, 999)
VENDORS = ["tetrate-v{}", "tetratefips{}", "tetrate-multiarch-v{}", "distro-v{}", "solo", "solo-fips", "asm.{}", "{}"]
OTHERS = ["-patch{}-solo-fips", "-eksbuild.{}", "-mspider", "-r{}", "+{}", "-istio-v{}", "-patch{}", "-asm.{}+config2"]
FLAVORS = st.sampled_from(["", *(f"-{vendor}" for vendor in VENDORS), *OTHERS])
STAGES = st.sampled_from(["", "", "", "-rc.{}", "-alpha.{}", "-beta.{}", "-alpha.0123abcdef"])
VARIANTS = st.sampled_from(["", "-distroless", "-debug"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    version = f"{draw(st.sampled_from(['', 'v']))}1.{draw(NUMBERS)}.{draw(NUMBERS)}"
    suffixes = (draw(STAGES), draw(FLAVORS), draw(VARIANTS))
    return version + "".join(suffix.format(draw(NUMBERS)) for suffix in suffixes)


@given(
    st.one_of(
        texts(), st.text(max_size=30), st.from_regex(r"v?1\.[0-9]{1,2}(\.[0-9])?[-+.a-z0-9]{0,20}", fullmatch=True)
    )
)
@example("1.2.3-debug0")
@example("1.2-latest-v0")
@example("1.31-alpha.0123abcdef+5")
def test_every_text_has_a_canonical_form_that_reads_back(text: str) -> None:
    version = parse(text)
    assert parse(str(version)) == version


@given(st.lists(texts(), min_size=3, max_size=3))
def test_the_order_is_total(three: list[str]) -> None:
    low, middle, high = sorted(map(parse, three))
    assert low <= middle <= high
    assert low <= high
    assert (low == high) == (not low < high)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_flavor_versions_are_integers(minor: int, one: int, other: int) -> None:
    left, right = parse(f"1.{minor}.0-tetrate-v{one}"), parse(f"1.{minor}.0-tetrate-v{other}")
    assert (left < right) == (one < other)


@given(st.sampled_from(["alpha", "beta", "rc"]), NUMBERS, NUMBERS)
def test_before_a_release_comes_below_it(stage: str, patch: int, number: int) -> None:
    assert parse(f"1.31.{patch}-{stage}.{number}") < parse(f"1.31.{patch}")


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["istio", "tetrate", "tetrate-multiarch"]), NUMBERS)
def test_names_split_and_join(major: int, minor: int, patch: int, flavor: str, number: int) -> None:
    parts = (major, minor, patch, flavor, number)
    assert split(join(parts)) == parts


@given(st.lists(st.tuples(st.integers(20, 23), st.integers(0, 3), st.integers(0, 11)), min_size=1), st.integers(20, 23))
def test_a_minor_picks_its_newest_build(builds: list[tuple[int, int, int]], minor: int) -> None:
    names = [f"1.{line}.{patch}-tetrate-v{number}" for line, patch, number in builds]
    admitted = [(patch, number) for line, patch, number in builds if line == minor]
    expected = f"1.{minor}.{max(admitted)[0]}-tetrate-v{max(admitted)[1]}" if admitted else None
    assert choose(Constraint(f"1.{minor}"), names) == expected
    assert choose(Constraint(f">=1.{minor},<1.{minor + 1} flavor=tetrate"), names) == expected
