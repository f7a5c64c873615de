"""IST0177: ServiceEntries give one host and port different protocols."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.objects import Object, as_list, as_map, as_quoted_number, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.visibility import EVERYWHERE, scopes

META = RuleMeta(
    code="IST0177",
    name="serviceentry-conflicting-protocols",
    severity=Severity.WARNING,
    title="ServiceEntries disagree on the protocol of a port",
    means="Entries that are visible together define one host and port number with different protocols; an absent "
    "protocol, which means detection, differs from TCP.",
    why="Which protocol the proxies speak depends on which entry is older, so HTTP routing or plain TCP may be lost.",
    fix="Give the port the same protocol in every entry, or merge the entries.",
    message="{host}:{port} has the protocols {protocols} in {names} (visible in {scope!r})",
    reads=("ServiceEntry",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0177/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each entry in a conflict, for the smallest scope, host and port of it."""
    keys: dict[tuple[str, str, int], list[tuple[str, Object]]] = {}
    for entry in snapshot.each("ServiceEntry"):
        ports = [as_map(port) for port in as_list(entry.spec.get("ports"))]
        for scope in scopes(entry):
            for host in as_list(entry.spec.get("hosts")):
                for port in ports:
                    key = (scope, as_text(host), as_quoted_number(port.get("number")))
                    keys.setdefault(key, []).append((as_text(port.get("protocol")).upper(), entry))
    accused: set[str] = set()
    for scope, host, number in sorted(keys):
        entries = keys[scope, host, number]
        if scope != EVERYWHERE:
            entries = [*entries, *keys.get((EVERYWHERE, host, number), ())]
        protocols = sorted({protocol or "(none)" for protocol, _ in entries})
        if len(protocols) > 1:
            found = {entry.full_name: entry for _, entry in entries}
            names = listing(sorted(found))
            for name in sorted(found.keys() - accused):
                accused.add(name)
                yield META.on(
                    found[name], ("metadata", "name"), host=host, port=number, scope=scope,
                    protocols=listing(protocols), names=names,
                )  # fmt: skip
