"""Judges imports by walking from viewer to viewer, as slowly and plainly as can be: the yardstick for `Viewers`."""

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from getmesh.model.kiali_hosts import KialiHosts, within
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_visibility import KialiVisibility
from getmesh.model.snapshot import Snapshot
from tests.fakes.manifests import manifest, world

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
    "*.ext.com", "deep.ext.com", "*.local", "s.a.", "x.ext.com.", "s.zz.svc.cluster.local",
)  # fmt: skip
EGRESS = [f"{where}/{name}" for where in (*NAMES, ".", "*", "~", "~a", "~*", "~.") for name in HOSTS]
EXPORTS = (*NAMES, ".", "*", "~", "", "kube-system", "ghost")

exported = st.lists(st.sampled_from(EXPORTS), max_size=2)
host = st.sampled_from(HOSTS)


@st.composite
def worlds(draw: st.DrawFn, specs: dict[str, st.SearchStrategy[dict[str, Any]]]) -> Snapshot:
    """Make four namespaces, some with Sidecars, and objects of some kinds that are exported hither and thither."""
    objects: list[Object] = []
    for name in NAMES:
        objects.append(manifest("Namespace", name, labels=draw(st.sampled_from(LABELS))))
        if draw(st.booleans()):
            hosts = draw(st.lists(st.sampled_from(EGRESS), max_size=3))
            selector = draw(st.sampled_from(({}, {}, {"labels": {"x": "y"}})))
            spec = {"egress": [{"hosts": hosts}], "workloadSelector": selector}
            objects.append(manifest("Sidecar", f"{name}/default", spec))
        for kind, made in specs.items():
            count = draw(st.integers(0, 2))
            written = [{**draw(made), "exportTo": draw(exported)} for _ in range(count)]
            objects += [manifest(kind, f"{name}/{number}", spec) for number, spec in enumerate(written)]
    return world(objects, {"rootNamespace": draw(st.sampled_from(("", "b")))})


def sees(snapshot: Snapshot, viewer: str, obj: "Object") -> bool:
    """Whether an object is exported to a viewer."""
    seen = snapshot.service(KialiVisibility).config(obj)
    return seen is None or viewer in seen


def limits(snapshot: Snapshot, viewer: str) -> list[list[str]]:
    """Give the egress hosts, cut at the slash, that limit a viewer; none if nothing does."""
    membership = snapshot.service(KialiMembership)
    if membership.ambient(viewer):
        return []
    scope = [sidecar for sidecar in snapshot.each("Sidecar") if not sidecar.spec["workloadSelector"]]
    own = [item for item in scope if item.namespace == viewer] or [
        item for item in scope if item.namespace == membership.root(viewer)
    ]
    return [text.split("/", 1) for text in own[0].spec["egress"][0]["hosts"]] if own else []


def imports(snapshot: Snapshot, viewer: str, raw: str, namespace: str) -> bool:
    """Whether the Sidecar of a viewer, if one limits it, imports a host of an object in a namespace."""
    hosts, entries = snapshot.service(KialiHosts), limits(snapshot, viewer)
    if not entries:
        return True
    target = hosts.resolve(raw, namespace)
    included = excluded = False
    for where, name in entries:
        place = (where[1:] or "*") if where.startswith("~") else where
        place = viewer if place == "." else place
        at = place in ("*", target.namespace if target.full else namespace)
        full = target.full and (
            name in (target.text, target.service, f"{target.service}.{target.namespace}")
            or within(target.text, name)
            or (target.is_wildcard and within(name, target.text))
        )
        if raw and at and (name in ("*", raw) or within(raw, name) or full):
            included, excluded = included or not where.startswith("~"), excluded or where.startswith("~")
    return included and not excluded


def holds(snapshot: Snapshot, viewer: str, obj: "Object", hosts: list[str]) -> bool:
    """Whether a viewer sees an object and imports one of its hosts."""
    found = not limits(snapshot, viewer) or any(imports(snapshot, viewer, raw, obj.namespace) for raw in hosts)
    return sees(snapshot, viewer, obj) and found
