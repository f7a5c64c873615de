"""KIA1211: two ServiceEntries define one port of one host."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_entryports import EntryPorts
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1211",
    name="serviceentry-repeated-port",
    severity=Severity.WARNING,
    title="Two ServiceEntries define one port of one host",
    means=(
        "A client that imports both finds the same host and port number twice with the same protocol; "
        "one ServiceEntry that repeats a host or a port counts too."
    ),
    why="Endpoints and settings of the two are merged or dropped in an order that nobody chose.",
    fix="Merge the entries into one, or export each only to the namespaces that are meant to use it.",
    message="port {port} of host {host!r} is also defined by {other}",
    reads=(),
    uses=(EntryPorts,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each port that meets an equal one, where no viewer sees protocols in conflict."""
    for clash in snapshot.service(EntryPorts).clashes(conflicting=False):
        other = (Related(clash.other.entry, clash.other.path, "defines the port too"),)
        same = clash.other.entry is clash.port.entry
        name = "this ServiceEntry itself" if same else f"ServiceEntry {clash.other.entry.full_name}"
        yield META.on(clash.port.entry, clash.port.path, related=other, port=clash.number, host=clash.host, other=name)
