"""Which namespaces istiod looks at, and why."""

from typing import Any

from getmesh.discovery.namespaces import NamespaceState
from getmesh.report.columns import clean, table

HEAD = ("NAMESPACE", "SELECTED", "BY", "SERVICES", "PROXIES", "INJECTED", "LABELS")


def namespace_table(states: list[NamespaceState]) -> str:
    """Give one row a namespace."""
    return table(HEAD, [_row(state) for state in states])


def namespace_documents(states: list[NamespaceState]) -> list[dict[str, Any]]:
    """Give one JSON object a namespace."""
    return [
        {
            "name": state.name,
            "declared": state.declared,
            "selected": state.selected,
            "selectors": list(state.selectors),
            "services": state.services,
            "proxies": state.proxies,
            "injected": state.injected,
            "root": state.root,
            "labels": dict(sorted(state.labels.items())),
        }
        for state in states
    ]


def _row(state: NamespaceState) -> tuple[str, ...]:
    why = ",".join(f"discoverySelectors[{index}]" for index in state.selectors)
    if not why:
        why = "no Namespace object" if not state.declared else "no selector" if not state.selected else "everything is"
    labels = ",".join(f"{key}={value}" for key, value in sorted(state.labels.items()))
    name = f"{state.name} (root)" if state.root else state.name
    return (
        clean(name), "yes" if state.selected else "no", why, str(state.services), str(state.proxies),
        "yes" if state.injected else "no", clean(labels) or "-",
    )  # fmt: skip
