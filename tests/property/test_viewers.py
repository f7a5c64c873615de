"""Sets of viewers say what a walk over all viewers would say.

Kiali filters the configuration for one namespace after the other; `Viewers` answers for all of them at once.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.model.kiali_registry import KialiRegistry
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers
from tests.fakes.viewer_walk import HOSTS, NAMES, host, imports, sees, worlds

RULE = st.fixed_dictionaries({"host": host})
ENTRY = st.fixed_dictionaries({"hosts": st.lists(host, min_size=1, max_size=2)})


@given(worlds({}), st.sampled_from(HOSTS), st.sampled_from(NAMES))
@settings(max_examples=100, deadline=None)
def test_a_set_of_importers_holds_those_whose_sidecar_imports(snapshot: Snapshot, raw: str, namespace: str) -> None:
    viewers = snapshot.service(Viewers)
    walked = [name for name in viewers.names if imports(snapshot, name, raw, namespace)]
    assert list(viewers.members(viewers.importers(raw, namespace))) == walked


@given(worlds({"DestinationRule": RULE}))
@settings(max_examples=60, deadline=None)
def test_inside_holds_those_who_see_and_import(snapshot: Snapshot) -> None:
    viewers = snapshot.service(Viewers)
    for rule in snapshot.each("DestinationRule"):
        raw = rule.spec["host"]
        walked = [
            name
            for name in viewers.names
            if sees(snapshot, name, rule) and imports(snapshot, name, raw, rule.namespace)
        ]
        assert list(viewers.members(viewers.inside(rule, [raw]))) == walked


@given(worlds({"ServiceEntry": ENTRY}), st.sampled_from(HOSTS))
@settings(max_examples=60, deadline=None)
def test_cover_holds_those_who_see_an_entry_whose_host_ends_the_text(snapshot: Snapshot, text: str) -> None:
    viewers = snapshot.service(Viewers)
    walked = set()
    for entry in snapshot.each("ServiceEntry"):
        ends = [raw.split("*", 1)[-1] for raw in entry.spec["hosts"]]
        if any(text.endswith(end) for end in ends):
            walked |= {name for name in viewers.names if sees(snapshot, name, entry)}
    assert set(viewers.members(snapshot.service(KialiRegistry).cover(text))) == walked
