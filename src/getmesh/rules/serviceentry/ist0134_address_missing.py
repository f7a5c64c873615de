"""IST0134: a TCP port of a ServiceEntry has no address to be told apart by."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0134",
    name="serviceentry-address-missing",
    severity=Severity.WARNING,
    title="A TCP port of a ServiceEntry needs an address",
    means="The port is TCP or names no protocol, the entry has no address, and the mesh does not allocate any.",
    why="Without an address the proxy listens on the port for every destination, so other traffic on it is captured.",
    fix="Set spec.addresses, give the port a protocol such as HTTP or TLS, or turn on DNS capture with automatic "
    "allocation of addresses.",
    message="port {port!r} is TCP and the entry has no address",
    reads=("ServiceEntry",),
    uses=(MeshConfig,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0134/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each TCP port of an entry without addresses, of its own or allocated."""
    if _allocates(snapshot.service(MeshConfig)):
        return
    for entry in snapshot.each("ServiceEntry"):
        if as_list(entry.spec.get("addresses")) or as_list(entry.status.get("addresses")):
            continue
        for index, item in enumerate(as_list(entry.spec.get("ports"))):
            port = as_map(item)
            if as_text(port.get("protocol")).upper() in ("", "TCP"):
                path = ("spec", "ports", index, "name") if "name" in port else ("spec", "ports", index)
                yield META.on(entry, path, port=as_text(port.get("name")) or f"#{index}")


def _allocates(mesh: MeshConfig) -> bool:
    """Whether proxies answer DNS and get addresses for entries without one; any value but "true" means no."""

    def on(name: str) -> bool:
        return mesh.root.text("defaultConfig", "proxyMetadata", name) == "true"

    allocate = on("ISTIO_META_DNS_AUTO_ALLOCATE") or on("PILOT_ENABLE_IP_AUTOALLOCATE")
    return on("ISTIO_META_DNS_CAPTURE") and allocate
