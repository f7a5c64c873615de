"""The sidecar injector's ConfigMaps: what injects by default, and which proxy image it would write.

Istio: ``analyzers/injection``. The values are read as JSON, since that is how the installer writes them; YAML text
there is no values at all.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, NoReturn

from getmesh.model.objects import Object, as_map
from getmesh.model.snapshot import Snapshot

INJECTOR: Final = "istio-sidecar-injector"
_HOME: Final = "istio-system"


def injector_name(revision: str) -> str:
    """Give the name of a revision's injector ConfigMap; ``""`` and ``default`` are the same revision."""
    return INJECTOR if revision in ("", "default") else f"{INJECTOR}-{revision}"


class InjectorConfigs:
    """Injector ConfigMaps by name. Of several with one name istio-system's counts, else the first by namespace."""

    READS: ClassVar[frozenset[str]] = frozenset({"ConfigMap"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._maps: dict[str, Object] = {}
        for config_map in snapshot.each("ConfigMap"):
            if not config_map.name.startswith(INJECTOR):
                continue
            if config_map.name not in self._maps or config_map.namespace == _HOME:
                self._maps[config_map.name] = config_map
        self._values: dict[str, Any] = {}

    @property
    def known(self) -> bool:
        """Whether there is any injector ConfigMap."""
        return bool(self._maps)

    def enabled_by_default(self, name: str) -> bool:
        """Whether the injector of that name injects namespaces that carry no label."""
        webhook = as_map(as_map(self._decoded(name)).get("sidecarInjectorWebhook"))
        return webhook.get("enableNamespacesByDefault") is True

    def image(self, name: str) -> str | None:
        """Give the proxy image that the injector writes; None without a ConfigMap, ``""`` if its values are odd."""
        if name not in self._maps:
            return None
        values = self._decoded(name)
        if not isinstance(values, dict):
            return ""
        try:
            settings = _merged(_folded([values], "global"))
            hub, tag = _text(settings, "hub"), _text(settings, "tag")
            image = _text(_merged(_folded(settings, "proxy")), "image")
        except TypeError:
            return ""
        return image if "/" in image else f"{hub}/{image}:{tag}"

    def _decoded(self, name: str) -> Any:
        if name not in self._values:
            config_map = self._maps.get(name)
            data = as_map(config_map.raw.get("data")) if config_map else {}
            self._values[name] = _json(data.get("values"))
        return self._values[name]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _json(text: object) -> Any:
    """Decode JSON as strictly as Go does; None for what is no JSON."""
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _folded(maps: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """Give the values under a name in any case, nulls left out, in order: how Go fills a struct from JSON."""
    return [
        value
        for mapping in maps
        for key, value in mapping.items()
        if value is not None and (key == name or key.casefold() == name)
    ]


def _merged(values: list[Any]) -> list[Mapping[str, Any]]:
    for value in values:
        if not isinstance(value, dict):
            raise TypeError(type(value).__name__)
    return values


def _text(maps: list[Mapping[str, Any]], name: str) -> str:
    found = ""
    for value in _folded(maps, name):
        if not isinstance(value, str):
            raise TypeError(type(value).__name__)
        found = value
    return found
