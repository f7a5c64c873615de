"""Telemetry."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import cel, parts
from getmesh.model.validation.faults import Faults

_HUNDRED: Final = 100
_TAG_SOURCES: Final = {"literal": "value", "header": "name", "environment": "name"}


def validate(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a Telemetry."""
    parts.attachment(spec, faults)
    for field in ("metrics", "tracing", "accessLogging"):
        for index, item in enumerate(spec.get(field, ())):
            for number, provider in enumerate(item.get("providers", ())):
                place: Path = ("spec", field, index, "providers", number)
                faults.error(place, "" if provider.get("name") else "a provider has no name")
    for index, item in enumerate(spec.get("accessLogging", ())):
        if "filter" in item:
            place = ("spec", "accessLogging", index, "filter", "expression")
            faults.error(place, cel.problem(item["filter"].get("expression", "")))
    if len(spec.get("tracing", ())) > 1:
        faults.warn(("spec", "tracing", 1), "only the first tracing item has an effect")
    for index, item in enumerate(spec.get("tracing", ())):
        _tracing(item, ("spec", "tracing", index), faults)
    for index, item in enumerate(spec.get("metrics", ())):
        for number, override in enumerate(item.get("overrides", ())):
            _override(override, ("spec", "metrics", index, "overrides", number), faults)


def _tracing(item: dict[str, Any], path: Path, faults: Faults) -> None:
    if len(item.get("providers", ())) > 1:
        faults.warn((*path, "providers", 1), "only the first tracing provider has an effect")
    share = item.get("randomSamplingPercentage", 0)
    if share < 0 or share > _HUNDRED:
        faults.error((*path, "randomSamplingPercentage"), f"percentage {share:g} is not between 0 and 100")
    for name, tag in item.get("customTags", {}).items():
        place = (*path, "customTags", name)
        faults.error(place, "" if name else "a tag has no name")
        for arm, field in _TAG_SOURCES.items():
            if arm in tag and not tag[arm].get(field):
                faults.error((*place, arm), f"a tag from {arm} needs its {field}")


def _override(override: dict[str, Any], path: Path, faults: Faults) -> None:
    if override.get("match", {}).get("customMetric") == "":
        faults.error((*path, "match", "customMetric"), "the name of a metric is empty")
    for name, tag in override.get("tagOverrides", {}).items():
        place = (*path, "tagOverrides", name)
        faults.warn(place, "" if name else "a tag has no name")
        operation, value = tag.get("operation", "UPSERT"), tag.get("value", "")
        if operation == "UPSERT" and not value:
            faults.error((*place, "value"), "setting a tag needs a value")
        if operation == "REMOVE" and value:
            faults.error((*place, "value"), "a tag that is removed has no value")
