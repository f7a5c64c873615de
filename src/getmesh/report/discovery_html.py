"""What a change does to the proxies of a mesh, as one HTML page that needs nothing else."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from getmesh.discovery.difference import Change, Difference
from getmesh.report.discovery_diff import FIELDS, namespace_sums, size

_STYLE: Final = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;"
    "background:#fff}table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .8rem;"
    "border-bottom:1px solid #ddd;text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".bar{height:.7rem;background:#8aa4c8}.bar.after{background:#2f6f4f}.chart td{border:0;padding:.1rem .6rem}"
    "code{font-size:.92em}@media(prefers-color-scheme:dark){body{background:#14171a;color:#e4e7ea}"
    "td,th{border-color:#333}}"
)
_FULL: Final = 100


def render_html(difference: Difference) -> str:
    """Give the page."""
    changed = [change for change in difference.changes if not change.same]
    before, after = difference.per_event
    body = (
        f"<h1>What the change does</h1><p>{len(changed)} of {len(difference.changes)} proxies are sent something else. "
        f"One-off push: {size(difference.one_off)}. Each later change of one Service: about {size(before)} now, "
        f"{size(after)} then. Bytes are estimates.</p>"
        + _totals(difference)
        + _chart(difference.changes)
        + _names("Disappears", difference.lost)
        + _names("Appears", difference.gained)
        + _proxies(changed)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>getmesh discovery diff</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>\n'
    )


def _totals(difference: Difference) -> str:
    rows = ""
    for label, name in FIELDS:
        old, new = getattr(difference.before, name), getattr(difference.after, name)
        cells = (size(old), size(new)) if name == "bytes" else (str(old), str(new))
        rows += f'<tr><td>{label}</td><td class="n">{cells[0]}</td><td class="n">{cells[1]}</td></tr>'
    return f"<table><tr><th>All proxies</th><th>before</th><th>after</th></tr>{rows}</table>"


def _chart(changes: Iterable[Change]) -> str:
    sums = namespace_sums(changes)
    most = max((max(old.bytes, new.bytes) for old, new in sums.values()), default=0)
    if not most:
        return ""
    rows = ""
    for name, (old, new) in sorted(sums.items()):
        for label, tally, kind in ((name, old, "bar"), ("", new, "bar after")):
            width = _FULL * tally.bytes / most
            rows += (
                f'<tr><td>{escape(label)}</td><td style="width:24rem"><div class="{kind}" style="width:{width:.1f}%">'
                f'</div></td><td class="n">{size(tally.bytes)}</td></tr>'
            )
    return f'<h2>By namespace of the proxies, before and after</h2><table class="chart">{rows}</table>'


def _names(title: str, names: Mapping[str, int]) -> str:
    if not names:
        return ""
    ordered = sorted(names, key=lambda item: (-names[item], item))
    items = "".join(f"<li><code>{escape(name)}</code> ({names[name]} proxies)</li>" for name in ordered)
    return f"<h2>{title} ({len(names)})</h2><ul>{items}</ul>"


def _proxies(changes: list[Change]) -> str:
    if not changes:
        return ""
    rows = ""
    for change in changes:
        pairs = [(getattr(change.before, name), getattr(change.after, name), name) for _, name in FIELDS]
        cells = "".join(
            f'<td class="n">{size(old) if name == "bytes" else old} → {size(new) if name == "bytes" else new}</td>'
            for old, new, name in pairs
        )
        rows += f"<tr><td>{escape(change.proxy.id)}</td><td>{change.proxy.type}</td>{cells}</tr>"
    head = "".join(f"<th>{label}</th>" for label, _ in FIELDS)
    return f"<h2>Proxies</h2><table><tr><th>proxy</th><th>type</th>{head}</tr>{rows}</table>"
