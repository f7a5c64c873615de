"""What a change does to the proxies of a mesh, as text with a chart, and as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from getmesh.discovery.difference import Change, Difference
from getmesh.discovery.tally import Tally
from getmesh.report.columns import clean, table

SCHEMA: Final = "getmesh/discovery-diff/v1"
BAR: Final = 36
MANY: Final = 40
NAMES_SHOWN: Final = 25
GROUPS_SHOWN: Final = 15
FIELDS: Final = (
    ("clusters", "clusters"), ("EDS resources", "assignments"), ("endpoints", "endpoints"), ("listeners", "listeners"),
    ("routes", "routes"), ("bytes (estimate)", "bytes"),
)  # fmt: skip
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_STEP: Final = 1000


def render(difference: Difference, *, by: str = "auto") -> str:
    """Give totals, a chart by namespace, what disappears and appears, and the proxies or namespaces that change."""
    changed = [change for change in difference.changes if not change.same]
    parts = [_totals(difference, len(changed))]
    if changed:
        parts.append(_chart(difference.changes))
        parts += [
            _names("disappears", difference.lost, "lost"),
            _names("appears", difference.gained, "gained"),
        ]
        single = by == "proxy" or (by == "auto" and len(changed) <= MANY)
        parts.append(_by_proxy(changed) if single else _by_namespace(changed))
    parts.append(_pushes(difference))
    return "\n".join(part for part in parts if part)


def document(difference: Difference) -> dict[str, Any]:
    """Give the difference as JSON values."""
    return {
        "schema": SCHEMA,
        "total": {"before": _tally(difference.before), "after": _tally(difference.after)},
        "oneOffBytes": difference.one_off,
        "bytesPerServiceEvent": {"before": difference.per_event[0], "after": difference.per_event[1]},
        "disappears": [{"cluster": name, "proxies": number} for name, number in sorted(difference.lost.items())],
        "appears": [{"cluster": name, "proxies": number} for name, number in sorted(difference.gained.items())],
        "proxies": [_change(change) for change in difference.changes],
    }


def size(number: float) -> str:
    """Write a number of bytes for people: ``1.2 MB``."""
    sign = "-" if number < 0 else ""
    number = abs(number)
    for unit in _UNITS:
        if number < _STEP or unit == _UNITS[-1]:
            return f"{sign}{number:.0f} {unit}" if unit == "B" else f"{sign}{number:.1f} {unit}"
        number /= _STEP
    return ""


def _totals(difference: Difference, changed: int) -> str:
    rows = []
    for label, name in FIELDS:
        before, after = getattr(difference.before, name), getattr(difference.after, name)
        show = size if name == "bytes" else str
        rows.append((label, show(before), show(after), _percent(before, after)))
    head = ("TOTAL OF ALL PROXIES", "BEFORE", "AFTER", "CHANGE")
    verdict = f"{changed} of {len(difference.changes)} proxies are sent something else\n"
    return verdict + "\n" + table(head, rows)


def _chart(changes: Iterable[Change]) -> str:
    sums = namespace_sums(changes)
    most = max((max(before.bytes, after.bytes) for before, after in sums.values()), default=0)
    moved = sorted(sums, key=lambda name: (sums[name][1].bytes - sums[name][0].bytes, name))
    shown = [name for name in moved if sums[name][0] != sums[name][1]][:GROUPS_SHOWN]
    if not most or not shown:
        return ""
    width = max(len(name) for name in shown)
    lines = ["configuration by namespace of the proxies, before and after:"]
    for name in shown:
        for label, tally in ((name, sums[name][0]), ("", sums[name][1])):
            bar = "#" * max(1 if tally.bytes else 0, round(BAR * tally.bytes / most))
            lines.append(f"  {clean(label):<{width}}  {bar:<{BAR}}  {size(tally.bytes)}")
    return "\n".join(lines) + "\n"


def _names(verb: str, names: Mapping[str, int], what: str) -> str:
    if not names:
        return ""
    ordered = sorted(names, key=lambda item: (-names[item], item))
    lines = [f"{verb} ({len(names)}):"]
    lines += [f"  {clean(name)}  ({what} by {_proxies(names[name])})" for name in ordered[:NAMES_SHOWN]]
    if len(names) > NAMES_SHOWN:
        lines.append(f"  and {len(names) - NAMES_SHOWN} more: -o json lists them")
    return "\n".join(lines) + "\n"


def _proxies(number: int) -> str:
    return "1 proxy" if number == 1 else f"{number} proxies"


def _by_proxy(changes: Iterable[Change]) -> str:
    rows = [(clean(change.proxy.id), change.proxy.type, *_cells(change.before, change.after)) for change in changes]
    return table(("PROXY", "TYPE", "CLUSTERS", "ENDPOINTS", "LISTENERS", "ROUTES", "BYTES"), rows)


def _by_namespace(changes: list[Change]) -> str:
    numbers: dict[str, int] = {}
    for change in changes:
        numbers[change.proxy.namespace] = numbers.get(change.proxy.namespace, 0) + 1
    rows = [
        (clean(name), str(numbers[name]), *_cells(before, after))
        for name, (before, after) in sorted(namespace_sums(changes).items())
    ]
    return table(("NAMESPACE", "PROXIES", "CLUSTERS", "ENDPOINTS", "LISTENERS", "ROUTES", "BYTES"), rows)


def _pushes(difference: Difference) -> str:
    before, after = difference.per_event
    return (
        f"one-off push of the change itself: {size(difference.one_off)}\n"
        f"each later change of one Service: about {size(before)} sent now, {size(after)} then\n"
    )


def namespace_sums(changes: Iterable[Change]) -> dict[str, tuple[Tally, Tally]]:
    """Give what the proxies of each namespace are sent, before and after."""
    found: dict[str, tuple[Tally, Tally]] = {}
    for change in changes:
        before, after = found.get(change.proxy.namespace, (Tally(), Tally()))
        found[change.proxy.namespace] = (before.plus(change.before), after.plus(change.after))
    return found


def _cells(before: Tally, after: Tally) -> tuple[str, ...]:
    pairs = [(getattr(before, name), getattr(after, name)) for name in ("clusters", "endpoints", "listeners", "routes")]
    numbers = tuple(str(old) if old == new else f"{old} -> {new}" for old, new in pairs)
    return (*numbers, f"{size(before.bytes)} -> {size(after.bytes)}")


def _percent(before: int, after: int) -> str:
    if before == after:
        return "="
    return f"{100 * (after - before) / before:+.0f} %" if before else "new"


def _tally(tally: Tally) -> dict[str, int]:
    return {
        "clusters": tally.clusters,
        "edsResources": tally.assignments,
        "endpoints": tally.endpoints,
        "listeners": tally.listeners,
        "routes": tally.routes,
        "bytes": tally.bytes,
        "cdsBytes": tally.cds,
        "edsBytes": tally.eds,
        "ldsBytes": tally.lds,
        "rdsBytes": tally.rds,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "name": change.proxy.name,
        "namespace": change.proxy.namespace,
        "type": change.proxy.type,
        "cluster": change.proxy.cluster,
        "changed": not change.same,
        "before": _tally(change.before),
        "after": _tally(change.after),
        "clustersGone": [*change.own.gone, *change.outbound.gone],
        "clustersCome": [*change.own.come, *change.outbound.come],
        "endpointsGone": change.own.rows_gone + change.outbound.rows_gone,
        "endpointsCome": change.own.rows_come + change.outbound.rows_come,
    }
