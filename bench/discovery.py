"""Measure `discovery diff` on a large mesh.

usage: discovery.py [--services N] [--proxies N] [--namespaces N] [--sidecars SHARE]

Makes a mesh in memory (services with two ports, pods with sidecars, DestinationRules with subsets, VirtualServices, a
Sidecar in some namespaces), compares it with the same mesh under discovery selectors that keep four in five
namespaces, and prints seconds and the peak of memory.
"""

import argparse
import gc
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

from getmesh.discovery.difference import compare
from getmesh.discovery.proposal import Proposal, apply
from getmesh.discovery.simulation import Simulation
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot

NETWORKING = "networking.istio.io/v1"


def obj(api: str, kind: str, namespace: str, name: str, spec: dict[str, Any], **more: Any) -> Object:
    """Make an object."""
    meta = {"name": name, "namespace": namespace, **more.pop("meta", {})}
    return Object({"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec, **more})


def mesh(services: int, proxies: int, namespaces: int, sidecars: float) -> Iterator[Object]:
    """Yield the objects of a mesh."""
    for number in range(namespaces):
        labels = {"istio-injection": "enabled", **({"env": "prod"} if number % 5 else {})}
        yield Object(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"team-{number}", "labels": labels}}
        )
        if number < namespaces * sidecars:
            hosts = ["./*", "istio-system/*", f"team-{(number + 1) % namespaces}/*"]
            yield obj(NETWORKING, "Sidecar", f"team-{number}", "default", {"egress": [{"hosts": hosts}]})
    for number in range(services):
        namespace, name = f"team-{number % namespaces}", f"service-{number}"
        ports = [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "grpc", "port": 9090}]
        yield obj("v1", "Service", namespace, name, {"selector": {"app": name}, "ports": ports})
        if number % 3 == 0:
            subsets = [{"name": version, "labels": {"version": version}} for version in ("v1", "v2")]
            yield obj(NETWORKING, "DestinationRule", namespace, name, {"host": name, "subsets": subsets})
        if number % 4 == 0:
            route = [{"destination": {"host": name, "subset": "v1"}}]
            yield obj(NETWORKING, "VirtualService", namespace, name, {"hosts": [name], "http": [{"route": route}]})
    for number in range(proxies):
        service = number % services
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        labels = {"app": f"service-{service}", "version": f"v{1 + number % 2}", "security.istio.io/tlsMode": "istio"}
        containers = [{"name": "app"}, {"name": "istio-proxy", "args": ["proxy", "sidecar"]}]
        status = {"phase": "Running", "podIP": address, "conditions": [{"type": "Ready", "status": "True"}]}
        meta = {"labels": labels}
        namespace = f"team-{service % namespaces}"
        yield obj("v1", "Pod", namespace, f"pod-{number}", {"containers": containers}, status=status, meta=meta)


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--proxies", type=int, default=2000)
    parser.add_argument("--namespaces", type=int, default=100)
    parser.add_argument("--sidecars", type=float, default=0.3, help="share of namespaces with a Sidecar")
    options = parser.parse_args()
    gc.disable()
    snapshot = Snapshot(mesh(options.services, options.proxies, options.namespaces, options.sidecars))
    start = time.perf_counter()
    proposal = Proposal(selectors=[{"matchLabels": {"env": "prod"}}])
    found = compare(Simulation(snapshot), Simulation(apply(snapshot, proposal)), forced=True)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(found.changes)} proxies, {found.before.clusters:,} -> {found.after.clusters:,} clusters in all")
    print(f"{seconds:.2f} s, peak {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
