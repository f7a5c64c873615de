"""Indexed look-ups of hosts answer as a comparison with every host would."""

from hypothesis import given
from hypothesis import strategies as st

from getmesh.model.hosts import HostIndex, overlap

# Few letters, so that hosts meet often.
HOSTS = st.text(alphabet="ab.*", max_size=5)


@given(st.lists(HOSTS, max_size=12), HOSTS)
def test_the_index_finds_exactly_the_hosts_that_overlap(hosts: list[str], asked: str) -> None:
    index: HostIndex[int] = HostIndex()
    for place, host in enumerate(hosts):
        index.add(host, place)
    wanted = [place for place, host in enumerate(hosts) if overlap(host, asked)]
    assert sorted(index.overlapping(asked)) == wanted
    assert index.any(asked) is bool(wanted)


@given(HOSTS, HOSTS)
def test_overlapping_does_not_depend_on_the_order(one: str, other: str) -> None:
    assert overlap(one, other) is overlap(other, one)
