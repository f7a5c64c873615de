"""Indexed namespace patterns answer as a walk over all names would."""

from hypothesis import given
from hypothesis import strategies as st

from getmesh.model.namespaces import NamespacePatterns
from getmesh.model.snapshot import Snapshot
from tests.fakes.manifests import manifest

NAMES = st.text(alphabet="abA", min_size=1, max_size=4)


def _means(pattern: str, name: str) -> bool:
    if pattern == "*":
        return True
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name.lower() == pattern.lower()


@given(st.lists(NAMES, max_size=6), st.text(alphabet="abA*", max_size=4))
def test_a_pattern_finds_a_name_exactly_when_one_is_meant(names: list[str], pattern: str) -> None:
    patterns = Snapshot([manifest("Namespace", name) for name in names]).service(NamespacePatterns)
    assert patterns.finds(pattern) is any(_means(pattern, name) for name in names)
