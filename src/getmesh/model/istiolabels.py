"""Istio's labels: which exist, where they are read, which values mean something.

The table comes from Istio's registry (``tools/gen_annotations.py``); ``istio-injection`` is older than the registry.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from getmesh.model.annotations import registry as annotations
from getmesh.model.objects import Field, Object, as_map
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation import names

TEMPLATED: Final = ("DaemonSet", "Deployment", "StatefulSet")
CARRIERS: Final = (*TEMPLATED, "Namespace", "Pod", "Service", "ServiceEntry", "WorkloadEntry", "k8s.Gateway")
INJECTION: Final = "istio-injection"
_SWITCH: Final = ("false", "true")
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    INJECTION: ("disabled", "enabled"),
    "sidecar.istio.io/inject": _SWITCH,
    "istio.io/dataplane-mode": ("ambient", "none"),
    "istio.io/ingress-use-waypoint": _SWITCH,
    "istio.io/waypoint-for": ("all", "none", "service", "workload"),
    "networking.istio.io/enable-autoallocate-ip": _SWITCH,
}
_READ_ON: Final = frozenset({
    INJECTION, "sidecar.istio.io/inject", "istio.io/dataplane-mode", "istio.io/use-waypoint",
    "istio.io/use-waypoint-namespace", "istio.io/ingress-use-waypoint",
})  # fmt: skip
_MADE_FOR: Final = "gateway.networking.k8s.io/gateway-name"
_CLOSE: Final = 0.88


@lru_cache(maxsize=1)
def registry() -> dict[str, tuple[str, ...]]:
    """Give all labels that Istio knows with the kinds on which it reads them."""
    raw = json.loads((files("getmesh") / "data" / "annotations.json").read_bytes())
    return {INJECTION: ("Namespace",), **{name: tuple(item["kinds"]) for name, item in raw["labels"].items()}}


def labels(snapshot: Snapshot) -> Iterator[tuple[Field, str]]:
    """Yield each label that may be meant for Istio, with the kind that carries it; labels of a template are a Pod's.

    What Istio makes for a Gateway carries copies of the Gateway's labels and is left out.
    """
    for kind in CARRIERS:
        for obj in snapshot.each(kind):
            if _MADE_FOR in obj.labels:
                continue
            if obj.labels:
                yield from _of(obj, ("metadata", "labels"), obj.kind)
            if kind in TEMPLATED:
                yield from _of(obj, ("spec", "template", "metadata", "labels"), "Pod")


def _of(obj: Object, path: tuple[str, ...], kind: str) -> Iterator[tuple[Field, str]]:
    held = obj.labels if len(path) == 2 else as_map(obj.field(*path).value)  # noqa: PLR2004 - metadata.labels
    for name, value in held.items():
        if "istio" in name and isinstance(value, str):
            yield Field(obj, (*path, name), value), kind


def value_problem(name: str, value: str) -> str:
    """Say what is wrong with a label's value, ``""`` if it means something or nobody has said what it may be."""
    if name in _VALUES and value not in _VALUES[name]:
        return f"it must be {' or '.join(_VALUES[name])}"
    if name == "networking.istio.io/gatewayPort":
        sound = value.isascii() and value.isdigit() and len(value) < 6 and not names.port(int(value))  # noqa: PLR2004 - digits of a port
        return "" if sound else "it must be a port number"
    if name == "istio.io/use-waypoint" and value and names.label(value):
        return "it must be the name of a Gateway, or none"
    return ""


def place_problem(name: str, kind: str) -> str:
    """Say why nobody reads a label where it stands, ``""`` if somebody may."""
    known = registry().get(name)
    if known is None:
        if name in annotations():
            return "is an annotation, which nobody reads as a label"
        near = _nearest(name)
        return f"is no label of Istio; did you mean {near!r}?" if near else ""
    if name in _READ_ON and kind not in known:
        return f"is read on {' and '.join(known)}, not on {kind}"
    return ""


@lru_cache(maxsize=512)
def _nearest(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only an unknown label needs it

    near = get_close_matches(name, list(registry()), n=1, cutoff=_CLOSE)
    return near[0] if near else ""
