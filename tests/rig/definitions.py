"""Custom resources of Istio and of the Gateway API, taken from the Go module cache, never from this repository."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tests.rig.api import Api
from tests.rig.programs import module_folder

_ISTIO: Final = "istio.io/api"
_GATEWAY_API: Final = "sigs.k8s.io/gateway-api"


def istio() -> Iterator[dict[str, Any]]:
    """Yield Istio's definitions."""
    yield from _read(module_folder("istio", _ISTIO) / "kubernetes" / "customresourcedefinitions.gen.yaml")


def gateway_api(channel: str = "experimental") -> Iterator[dict[str, Any]]:
    """Yield the Gateway API's definitions of a channel."""
    for file in sorted((module_folder("istio", _GATEWAY_API) / "config" / "crd" / channel).glob("*.yaml")):
        yield from _read(file)


def install(api: Api, *, gateways: bool = True) -> None:
    """Create the definitions, and come back when the API serves all of them."""
    found = [*istio(), *(gateway_api() if gateways else ())]
    api.create(found)
    for definition in found:
        spec = definition["spec"]
        version = next(one["name"] for one in spec["versions"] if one["served"])
        api.wait(f"/apis/{spec['group']}/{version}/{spec['names']['plural']}?limit=1")


def _read(path: Path) -> Iterator[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for found in yaml.load_all(path.read_bytes(), Loader=loader):
        if isinstance(found, dict) and found.get("kind") == "CustomResourceDefinition":
            yield found
