"""Measure field validation: load time of a schema, objects a second structurally and with all of Istio's checks.

usage: validate_fields.py [OBJECTS]
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from getmesh.model.fields import schema
from getmesh.model.fields.structure import inspect
from getmesh.model.objects import Object
from getmesh.model.validation import validate

MINOR = 31


def route(number: int) -> dict[str, Any]:
    """Give a VirtualService of two routes."""
    host = f"service-{number}.shop.svc.cluster.local"
    rules: list[dict[str, Any]] = [
        {
            "match": [{"uri": {"prefix": f"/v{number}"}, "headers": {"x-user": {"exact": "a"}}}],
            "route": [{"destination": {"host": host, "subset": "v2", "port": {"number": 8080}}, "weight": 100}],
            "retries": {"attempts": 3, "perTryTimeout": "2s", "retryOn": "5xx,reset"},
        },
        {"route": [{"destination": {"host": host}}], "timeout": "10s"},
    ]
    meta = {"name": f"route-{number}", "namespace": "shop"}
    spec = {"hosts": [host], "http": rules}
    return {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": meta, "spec": spec}


def rate(objects: list[Object], work: Callable[[Object], object]) -> float:
    """Give objects a second, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for obj in objects:
            work(obj)
        best = min(best, time.perf_counter() - start)
    return len(objects) / best


def main() -> None:
    """Print the measures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    objects = [Object(route(number)) for number in range(count)]
    __import__("jsonschema_rs")
    for kind in ("VirtualService", "DestinationRule", "AuthorizationPolicy", "Gateway"):
        start = time.perf_counter()
        schema.fits(kind, {}, MINOR)
        print(f"schema of {kind}: {(time.perf_counter() - start) * 1000:.1f} ms")
    print(f"structure: {rate(objects, lambda obj: inspect(obj, MINOR)):,.0f} objects/s")
    print(f"all checks: {rate(objects, validate):,.0f} objects/s")


if __name__ == "__main__":
    main()
