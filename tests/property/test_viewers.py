"""Sets of viewers say what a walk over all viewers would say.

Kiali filters the configuration for one namespace after the other; `Viewers` answers for all of them at once.
"""

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.manifests import manifest, world

from getmesh.model.kiali_hosts import KialiHosts, within
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_registry import KialiRegistry
from getmesh.model.kiali_visibility import KialiVisibility
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers

if TYPE_CHECKING:
    from getmesh.model.objects import Object

NAMES = ("a", "b", "c", "istio-system")
LABELS: tuple[dict[str, str], ...] = (
    {"istio-injection": "enabled"},
    {"istio.io/rev": "canary"},
    {"istio.io/dataplane-mode": "ambient"},
    {},
)
HOSTS = (
    "s", "t", "s.a", "s.zz", "t.b.svc", "s.c.svc.cluster.local", "*.a.svc.cluster.local", "*", "", "ext.com",
    "*.ext.com", "deep.ext.com", "*.local", "s.a.", "x.ext.com.",
)  # fmt: skip
EGRESS = [f"{where}/{name}" for where in (*NAMES, ".", "*", "~", "~a", "~*", "~.") for name in HOSTS]
EXPORTS = (*NAMES, ".", "*", "~", "", "kube-system", "ghost")

_some = st.lists(st.sampled_from(EXPORTS), max_size=2)


@st.composite
def _worlds(draw: st.DrawFn) -> Snapshot:
    objects: list[Object] = []
    for name in NAMES:
        objects.append(manifest("Namespace", name, labels=draw(st.sampled_from(LABELS))))
        if draw(st.booleans()):
            hosts = draw(st.lists(st.sampled_from(EGRESS), max_size=3))
            selector = draw(st.sampled_from(({}, {}, {"labels": {"x": "y"}})))
            spec = {"egress": [{"hosts": hosts}], "workloadSelector": selector}
            objects.append(manifest("Sidecar", f"{name}/default", spec))
        entry = {"hosts": draw(st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2)), "exportTo": draw(_some)}
        objects.append(manifest("ServiceEntry", f"{name}/entry", entry))
        rule = {"host": draw(st.sampled_from(HOSTS)), "exportTo": draw(_some)}
        objects.append(manifest("DestinationRule", f"{name}/rule", rule))
    mesh: dict[str, Any] = {"rootNamespace": draw(st.sampled_from(("", "b")))}
    if draw(st.booleans()):
        mesh["defaultDestinationRuleExportTo"] = draw(_some)
    return world(objects, mesh)


def _imports_by_walking(snapshot: Snapshot, viewer: str, raw: str, namespace: str) -> bool:
    membership, hosts = snapshot.service(KialiMembership), snapshot.service(KialiHosts)
    if membership.ambient(viewer):
        return True
    scope = [sidecar for sidecar in snapshot.each("Sidecar") if not sidecar.spec["workloadSelector"]]
    own = [item for item in scope if item.namespace == viewer] or [
        item for item in scope if item.namespace == membership.root(viewer)
    ]
    entries = [text.split("/", 1) for text in own[0].spec["egress"][0]["hosts"]] if own else []
    if not entries:
        return True
    host = hosts.resolve(raw, namespace)
    included = excluded = False
    for where, name in entries:
        place = (where[1:] or "*") if where.startswith("~") else where
        place = viewer if place == "." else place
        at = place in ("*", host.namespace if host.full else namespace)
        named = name in ("*", raw) or within(raw, name) or (
            host.full
            and (
                name in (host.text, host.service, f"{host.service}.{host.namespace}")
                or within(host.text, name)
                or (host.is_wildcard and within(name, host.text))
            )
        )  # fmt: skip
        if at and named and raw:
            included, excluded = included or not where.startswith("~"), excluded or where.startswith("~")
    return included and not excluded


@given(_worlds(), st.sampled_from(HOSTS), st.sampled_from(NAMES))
@settings(max_examples=150, deadline=None)
def test_a_set_of_importers_holds_those_whose_sidecar_imports(snapshot: Snapshot, raw: str, namespace: str) -> None:
    viewers = snapshot.service(Viewers)
    walked = [name for name in viewers.names if _imports_by_walking(snapshot, name, raw, namespace)]
    assert list(viewers.members(viewers.importers(raw, namespace))) == walked


@given(_worlds())
@settings(max_examples=60, deadline=None)
def test_inside_holds_those_who_see_and_import(snapshot: Snapshot) -> None:
    viewers, visibility = snapshot.service(Viewers), snapshot.service(KialiVisibility)
    for rule in snapshot.each("DestinationRule"):
        seen = visibility.config(rule)
        host = rule.spec["host"]
        walked = [
            name
            for name in viewers.names
            if (seen is None or name in seen) and _imports_by_walking(snapshot, name, host, rule.namespace)
        ]
        assert list(viewers.members(viewers.inside(rule, [host]))) == walked


@given(_worlds(), st.sampled_from(HOSTS))
@settings(max_examples=60, deadline=None)
def test_cover_holds_those_who_see_an_entry_whose_host_ends_the_text(snapshot: Snapshot, text: str) -> None:
    viewers, visibility = snapshot.service(Viewers), snapshot.service(KialiVisibility)
    walked = set()
    for entry in snapshot.each("ServiceEntry"):
        seen = visibility.config(entry)
        ends = [host.split("*", 1)[-1] for host in entry.spec["hosts"]]
        if any(text.endswith(end) for end in ends):
            walked |= {name for name in viewers.names if seen is None or name in seen}
    assert set(viewers.members(snapshot.service(KialiRegistry).cover(text))) == walked
