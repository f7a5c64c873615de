"""KIA1212: two ServiceEntries disagree about the protocol of one port of one host."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_entryports import EntryPorts
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1212",
    name="serviceentry-protocol-conflict",
    severity=Severity.WARNING,
    title="Two ServiceEntries disagree about the protocol of one port of one host",
    means="A client that imports both finds the same host and port number twice, with different protocols.",
    why="The proxy treats the traffic as one of the two protocols, and connections of the other kind break.",
    fix="Agree on one protocol, or export each entry only to the namespaces that are meant to use it.",
    message="port {port} of host {host!r} is {protocol} here and {other_protocol} in {other}",
    reads=(),
    uses=(EntryPorts,),
    since="0.1",
    twin="IST0177",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each port that meets one of another protocol."""
    for clash in snapshot.service(EntryPorts).clashes(conflicting=True):
        same = clash.other.entry is clash.port.entry
        yield META.on(
            clash.port.entry,
            clash.port.path,
            related=(Related(clash.other.entry, clash.other.path, "another protocol"),),
            port=clash.number,
            host=clash.host,
            protocol=clash.port.protocol or "without protocol",
            other="the same ServiceEntry" if same else f"ServiceEntry {clash.other.entry.full_name}",
            other_protocol=clash.other.protocol or "without protocol",
        )
