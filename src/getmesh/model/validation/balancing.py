"""Load balancers: consistent hashing, warm-up, locality."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import amounts
from getmesh.model.validation.faults import Faults

_TOPOLOGY: Final = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone")
_MAX_TABLE: Final = 5000011
_HUNDRED: Final = 100


def load_balancer(balancer: dict[str, Any] | None, path: Path, faults: Faults, *, outlier: bool) -> None:
    """Check a load balancer; `outlier` says whether outlier detection stands beside it."""
    if balancer is None:
        return
    if "consistentHash" in balancer:
        _hash(balancer["consistentHash"], (*path, "consistentHash"), faults)
    if "localityLbSetting" in balancer and "zoneAwareLbSetting" in balancer:
        faults.error((*path, "zoneAwareLbSetting"), "localityLbSetting and zoneAwareLbSetting exclude each other")
    if "localityLbSetting" in balancer:
        locality(balancer["localityLbSetting"], (*path, "localityLbSetting"), faults, outlier=outlier)
    if "zoneAwareLbSetting" in balancer:
        _zone_aware(balancer["zoneAwareLbSetting"], (*path, "zoneAwareLbSetting"), faults, outlier=outlier)
    if "warmup" in balancer:
        _warmup(balancer["warmup"], (*path, "warmup"), faults)


def _hash(hashing: dict[str, Any], path: Path, faults: Faults) -> None:
    if "httpCookie" in hashing:
        cookie = hashing["httpCookie"]
        if not cookie.get("name"):
            faults.error((*path, "httpCookie", "name"), "a hash cookie has no name")
        seen = set()
        for index, attribute in enumerate(cookie.get("attributes", ())):
            place, name = (*path, "httpCookie", "attributes", index), attribute.get("name", "")
            faults.error(place, "" if name else "an attribute of the cookie has no name")
            faults.error(place, f"attribute {name!r} is given twice" if name in seen else "")
            seen.add(name)
    if hashing.get("minimumRingSize"):
        place = (*path, "minimumRingSize")
        faults.warn(place, "minimumRingSize is old; use ringHash.minimumRingSize")
        if "ringHash" in hashing or "maglev" in hashing:
            faults.error(place, "minimumRingSize cannot stand beside ringHash or maglev")
    if "maglev" in hashing:
        faults.error((*path, "maglev", "tableSize"), _table_size(hashing["maglev"].get("tableSize", 0)))


def _table_size(size: int) -> str:
    if not 0 < size < _MAX_TABLE:
        return f"a maglev table of {size} entries is not between 1 and 5000010"
    prime = all(size % divisor for divisor in range(2, int(size**0.5) + 1))
    return "" if prime else f"the size of a maglev table must be a prime number, {size} is none"


def _warmup(warmup: dict[str, Any], path: Path, faults: Faults) -> None:
    value = warmup.get("duration")
    faults.error((*path, "duration"), "a warm-up has no duration" if value is None else amounts.duration(value))
    if warmup.get("minimumPercent", 0) > _HUNDRED:
        faults.error((*path, "minimumPercent"), f"minimumPercent {warmup['minimumPercent']:g} is over 100")
    if warmup.get("aggression", 1) <= 0:
        faults.error((*path, "aggression"), f"aggression {warmup['aggression']:g} is not over 0")


def locality(setting: dict[str, Any], path: Path, faults: Faults, *, outlier: bool) -> None:
    """Check locality load balancing; as in Istio the first contradiction ends the check."""
    distribute, failover = setting.get("distribute", ()), setting.get("failover", ())
    priority = setting.get("failoverPriority", ())
    if distribute and failover:
        faults.error((*path, "failover"), "distribute and failover exclude each other")
        return
    if failover and any(label in priority for label in _TOPOLOGY):
        faults.error((*path, "failoverPriority"), "failover beside failoverPriority of topology labels")
        return
    for index, item in enumerate(distribute):
        place, to = (*path, "distribute", index), item.get("to", {})
        if any(not 1 <= weight <= _HUNDRED for weight in to.values()):
            faults.error((*place, "to"), "a weight is not between 1 and 100")
            return
        if sum(to.values()) != _HUNDRED:
            faults.error((*place, "to"), f"the weights add up to {sum(to.values())}, not 100")
            return
        faults.error((*place, "to"), _localities(list(to), either_order=True))
    faults.error((*path, "distribute"), _localities([item.get("from", "") for item in distribute]))
    _needs_outlier(bool(failover or priority), path, faults, outlier=outlier)
    _failovers(failover, path, faults)


def _needs_outlier(failing_over: bool, path: Path, faults: Faults, *, outlier: bool) -> None:
    if failing_over and not outlier:
        faults.warn(path, "failover needs outlierDetection beside it, or it never happens")


def _zone_aware(setting: dict[str, Any], path: Path, faults: Faults, *, outlier: bool) -> None:
    priority, failover = setting.get("failoverPriority", ()), setting.get("failover", ())
    for index, label in enumerate(priority):
        if label in _TOPOLOGY:
            faults.error((*path, "failoverPriority", index), f"{label!r} is what zone-aware balancing does anyway")
    _needs_outlier(bool(failover or priority), path, faults, outlier=outlier)
    _failovers(failover, path, faults)


def _failovers(items: Any, path: Path, faults: Faults) -> None:
    for index, item in enumerate(items):
        place, source, target = (*path, "failover", index), item.get("from", ""), item.get("to", "")
        if source == target:
            faults.error(place, f"failover from {source!r} to itself")
        if "/" in source or "/" in target:
            faults.error(place, "failover is between regions; zones and subzones have no place in it")
        if "*" in source or "*" in target:
            faults.error(place, "failover takes no wildcards")


def _localities(entries: list[str], *, either_order: bool = False) -> str:
    seen: list[tuple[str, ...]] = []
    for entry in entries:
        if entry.count("*") > 1 or ("*" in entry and not entry.endswith("*")):
            return f"locality {entry!r} has a wildcard that is not at its end"
        if ("*",) in seen or (either_order and entry == "*" and seen):
            return f"locality {entry!r} overlaps with another one"
        parts = tuple(entry.split("/", 2))
        if "" in parts:
            return f"locality {entry!r} has an empty part"
        if any(_covered(parts, other) or (either_order and _covered(other, parts)) for other in seen):
            return f"locality {entry!r} overlaps with another one"
        seen.append(parts)
    return ""


def _covered(parts: tuple[str, ...], earlier: tuple[str, ...]) -> bool:
    """Whether a locality overlaps with an earlier one, as Istio compares them: literally, the general one first."""
    if parts[0] != earlier[0]:
        return False
    if len(parts) == 1 or len(earlier) == 1:
        return True
    if earlier[1] == "*" or parts[1] != earlier[1]:
        return earlier[1] == "*"
    return len(parts) == 2 or len(earlier) == 2 or earlier[2] in ("*", parts[2])  # noqa: PLR2004 - region and zone
