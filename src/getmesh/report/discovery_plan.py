"""A planned selection, as text, JSON, and manifests."""

from typing import Any, Final

from getmesh.discovery.difference import Difference
from getmesh.discovery.plan import Plan
from getmesh.report.columns import clean, table
from getmesh.report.discovery_diff import document as diff_document
from getmesh.report.discovery_diff import size

SCHEMA: Final = "getmesh/discovery-plan/v1"
REASONS_SHOWN: Final = 2


def render(plan: Plan, saving: Difference, breaks: list[str], sidecars: list[dict[str, Any]]) -> str:
    """Give the plan for people: what stays and why, what to do, what it saves, what it would break."""
    key, value = plan.label
    rows = [
        (clean(name), "to do" if name in plan.to_label else "has it", _reasons(reasons))
        for name, reasons in plan.needed.items()
    ]
    parts = [table(("NAMESPACE", f"LABEL {key}={value}", "NEEDED BECAUSE"), rows)]
    parts.append(f"not needed: {', '.join(map(clean, plan.left_out)) or 'no namespace'}\n")
    if plan.left_out:
        parts.append(_fate(plan))
    parts.append(_steps(plan))
    parts.append(_saving(saving))
    parts.append("nothing that we know of breaks\n" if not breaks else "it would break:\n" + _lines(breaks))
    if sidecars:
        parts.append(
            f"Sidecars would save more: -o yaml proposes {len(sidecars)}. They import what configuration leads to;"
            " calls that no\nconfiguration tells of must be added by somebody who knows the traffic. getmesh never"
            " applies them.\n"
        )
    return "\n".join(parts)


def document(plan: Plan, saving: Difference, breaks: list[str], sidecars: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the plan as JSON values."""
    key, value = plan.label
    total: dict[str, Any] = diff_document(saving)
    return {
        "schema": SCHEMA,
        "discoverySelectors": plan.selectors,
        "label": {"key": key, "value": value},
        "needed": [{"namespace": name, "because": list(reasons)} for name, reasons in plan.needed.items()],
        "notNeeded": list(plan.left_out),
        "undeclared": list(plan.undeclared),
        "toLabel": list(plan.to_label),
        "toUnlabel": list(plan.to_unlabel),
        "saving": {name: total[name] for name in ("total", "oneOffBytes", "bytesPerServiceEvent")},
        "breaks": breaks,
        "sidecars": sidecars,
    }


def manifests(plan: Plan, sidecars: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Give (comment, manifest) of what would be applied: mesh configuration, labels, and proposed Sidecars."""
    key, value = plan.label
    found: list[tuple[str, dict[str, Any]]] = [
        ("Mesh configuration: merge this into meshConfig.", {"discoverySelectors": plan.selectors})
    ]
    for name in plan.to_label:
        meta = {"name": name, "labels": {key: value}}
        found.append((f"Label of namespace {name}.", {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}))
    found += [
        ("Proposal. Read from configuration alone: complete it with what traffic needs before use.", sidecar)
        for sidecar in sidecars
    ]
    return found


def _reasons(reasons: tuple[str, ...]) -> str:
    text = "; ".join(map(clean, reasons[:REASONS_SHOWN]))
    return f"{text}; and {len(reasons) - REASONS_SHOWN} more" if len(reasons) > REASONS_SHOWN else text


def _fate(plan: Plan) -> str:
    if plan.registry_only:
        return "calls to them that no configuration tells of will be refused: the mesh is REGISTRY_ONLY\n"
    return "calls to them that no configuration tells of still pass, as plain TCP without mutual TLS or telemetry\n"


def _steps(plan: Plan) -> str:
    key, value = plan.label
    lines = ["first put the labels:"]
    lines += [f"  kubectl label namespace {clean(name)} {key}={value}" for name in plan.to_label]
    lines += [f"  kubectl label namespace {clean(name)} {key}-" for name in plan.to_unlabel]
    if len(lines) == 1:
        lines = ["the labels are there already"]
    lines += ["then set in meshConfig:", "  discoverySelectors:", "  - matchLabels:", f'      {key}: "{value}"']
    if plan.undeclared:
        names = ", ".join(map(clean, plan.undeclared))
        lines.append(f"the input declares no Namespace object for: {names}")
    return "\n".join(lines) + "\n"


def _saving(saving: Difference) -> str:
    before, after = saving.before, saving.after
    return (
        f"expected: {before.clusters} -> {after.clusters} clusters, {before.endpoints} -> {after.endpoints} endpoints, "
        f"{size(before.bytes)} -> {size(after.bytes)} over all proxies (estimate)\n"
    )


def _lines(items: list[str]) -> str:
    return "".join(f"  {clean(item)}\n" for item in items)
