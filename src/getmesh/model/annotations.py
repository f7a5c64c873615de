"""Istio's annotations: which exist, where they belong, which values they take.

The table comes from Istio's registry (``tools/gen_annotations.py``); the checks of values are those of
``pkg/config/analysis/analyzers/annotations`` and the injector's own.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from getmesh.model.objects import Object
from getmesh.model.validation import names
from getmesh.model.validation.proxyconfig import annotation_faults

PROXY_CONFIG: Final = "proxy.istio.io/config"
CARRIERS: Final = ("Deployment", "Namespace", "Pod", "Service")
_IGNORED: Final = frozenset({"sidecar.istio.io/status", "gateway.istio.io/controller-version", "istio.io/rev"})
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_INTERFACE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,14}")
_QUANTITY: Final = re.compile(
    r"[+-]?[0-9]*(?:\.[0-9]*)?(?:n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]{1,9})?",
)
_BOOLEANS: Final = frozenset({"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"})
_MAX_UINT32: Final = (1 << 32) - 1


class Annotation(NamedTuple):
    """One annotation of the registry.

    Attributes:
        kinds: kinds it belongs to, ``Any`` for all.
        stage: ``Alpha``, ``Beta`` or ``Stable``.
        deprecated: whether Istio asks to use something else.
    """

    kinds: tuple[str, ...]
    stage: str
    deprecated: bool


@lru_cache(maxsize=1)
def registry() -> dict[str, Annotation]:
    """Give all annotations that Istio knows, by name."""
    raw = json.loads((files("getmesh") / "data" / "annotations.json").read_bytes())
    return {
        name: Annotation(tuple(item["kinds"]), item["stage"], item["deprecated"])
        for name, item in raw["annotations"].items()
    }


def istio_names(obj: Object) -> list[str]:
    """Give the names of the object's annotations that are meant for Istio, those it sets itself left out."""
    return [
        name
        for name in obj.annotations
        if (name.partition("/")[0].endswith("istio.io") or name == "kubernetes.io/ingress.class")
        and name not in _IGNORED
    ]


def value_problem(obj: Object, name: str) -> str:
    """Say what is wrong with an annotation's value, ``""`` if Istio takes it."""
    value = obj.annotations[name]
    if name == PROXY_CONFIG:
        return _proxy_config(obj, value)
    check = _CHECKS.get(name)
    return check(value) if check else ""


def _proxy_config(obj: Object, value: str) -> str:
    if PROXY_CONFIG not in obj.embedded and value.strip():
        return "the text is no YAML"
    decoded: Any = obj.embedded.get(PROXY_CONFIG)
    return "; ".join(dict.fromkeys(fault.text for fault in annotation_faults(decoded).errors))


def _mode(value: str) -> str:
    return "" if value in ("REDIRECT", "TPROXY", "NONE") else "it must be REDIRECT, TPROXY or NONE"


def _port(value: str) -> str:
    sound = _DIGITS.fullmatch(value.strip()) and int(value) <= names.MAX_PORT
    return "" if sound else "it must be a port number"


def _uint32(value: str) -> str:
    sound = _DIGITS.fullmatch(value) and int(value) <= _MAX_UINT32
    return "" if sound else "it must be a whole number from 0"


def _blocks(value: str) -> str:
    bad = [part for part in value.split(",") if names.prefix(part)] if value else []
    return f"{bad[0]!r} is no CIDR block" if bad else ""


def _ports(value: str) -> str:
    parts = value.split(",") if value.strip() else []
    bad = [part for part in parts if _port(part)]
    return f"{bad[0]!r} is no port number" if bad else ""


def _or_all(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: "" if value == "*" else check(value)


def _interfaces(value: str) -> str:
    parts = [part.strip() for part in value.split(",")] if value else []
    bad = [part for part in parts if not _INTERFACE.fullmatch(part)]
    return f"{bad[0]!r} is no name of a network interface" if bad else ""


def _boolean(value: str) -> str:
    return "" if value in _BOOLEANS else "it must be true or false"


def _quantity(value: str) -> str:
    return "" if value and _QUANTITY.fullmatch(value) else "it must be a quantity such as 100m or 128Mi"


_TRAFFIC: Final = "traffic.sidecar.istio.io"
_READINESS: Final = "readiness.status.sidecar.istio.io"
_CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "sidecar.istio.io/interceptionMode": _mode,
    "status.sidecar.istio.io/port": _port,
    f"{_READINESS}/initialDelaySeconds": _uint32,
    f"{_READINESS}/periodSeconds": _uint32,
    f"{_READINESS}/failureThreshold": _uint32,
    f"{_TRAFFIC}/includeOutboundIPRanges": _or_all(_blocks),
    f"{_TRAFFIC}/excludeOutboundIPRanges": _blocks,
    f"{_TRAFFIC}/includeInboundPorts": _or_all(_ports),
    f"{_TRAFFIC}/excludeInboundPorts": _ports,
    f"{_TRAFFIC}/excludeOutboundPorts": _ports,
    f"{_TRAFFIC}/excludeInterfaces": _interfaces,
    f"{_TRAFFIC}/kubevirtInterfaces": _interfaces,
    "istio.io/reroute-virtual-interfaces": _interfaces,
    "prometheus.istio.io/merge-metrics": _boolean,
    "sidecar.istio.io/proxyCPU": _quantity,
    "sidecar.istio.io/proxyCPULimit": _quantity,
    "sidecar.istio.io/proxyMemory": _quantity,
    "sidecar.istio.io/proxyMemoryLimit": _quantity,
}
