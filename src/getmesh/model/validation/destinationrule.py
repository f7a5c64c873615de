"""DestinationRule."""

from typing import Any

from getmesh.model.validation import names, parts
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.policies import traffic_policy


def validate(spec: dict[str, Any], _name: str, namespace: str, faults: Faults) -> None:
    """Check the spec of a DestinationRule."""
    faults.error(("spec", "host"), names.wild_domain(spec.get("host", "")))
    traffic_policy(spec.get("trafficPolicy"), namespace, ("spec", "trafficPolicy"), faults)
    seen: set[str] = set()
    for index, subset in enumerate(spec.get("subsets", ())):
        path, label = ("spec", "subsets", index), subset.get("name", "")
        if label in seen:
            faults.error((*path, "name"), f"subset {label!r} is given twice")
        seen.add(label)
        faults.error((*path, "name"), names.label(label) if label else "a subset has no name")
        parts.label_set(subset.get("labels", {}), (*path, "labels"), faults)
        traffic_policy(subset.get("trafficPolicy"), namespace, (*path, "trafficPolicy"), faults.muted())
    kept = parts.export_to(spec, namespace, faults)
    if "workloadSelector" in spec and kept and kept != [namespace]:
        faults.error(("spec", "exportTo"), "a rule with workloadSelector holds in its own namespace only")
    parts.selector(spec, "workloadSelector", "matchLabels", faults)
