"""The structure of every Istio object of a snapshot, looked at once for all rules that speak of fields."""

from typing import ClassVar, Final

from getmesh.model.fields import schema
from getmesh.model.fields.oddities import Inspector, Oddity
from getmesh.model.fields.table import table
from getmesh.model.kinds import BY_KEY, ISTIO_GROUPS
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot

ISTIO_KINDS: Final = tuple(sorted(kind.key for kind in BY_KEY.values() if kind.group in ISTIO_GROUPS))
_TOP: Final = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})


class Structure:
    """Oddities of all Istio objects, for the minor of Istio that the snapshot is judged for."""

    READS: ClassVar[frozenset[str]] = frozenset(ISTIO_KINDS)

    def __init__(self, snapshot: Snapshot) -> None:
        minor = snapshot.settings.istio_version[1]
        self._found: dict[str, list[tuple[Object, Oddity]]] = {}
        for kind in ISTIO_KINDS:
            for obj in snapshot.each(kind):
                for oddity in inspect(obj, minor):
                    self._found.setdefault(oddity.sort, []).append((obj, oddity))

    def of(self, *sorts: str) -> list[tuple[Object, Oddity]]:
        """Give the oddities of these sorts with their objects."""
        return [pair for sort in sorts for pair in self._found.get(sort, ())]


def inspect(obj: Object, minor: int) -> list[Oddity]:
    """Give the oddities of one Istio object: of its spec, its top level and the version it is written in."""
    fields = table(obj.key)
    if fields is None or fields.spec is None:
        return []
    inspector = Inspector(minor)
    since = fields.since.get(obj.api_version.rpartition("/")[2], 0)
    if since > minor:
        inspector.add("newer", ("apiVersion",), f"1.{since}")
    for key in obj.raw:
        if key not in _TOP:
            near = next((name for name in _TOP if name.lower() == str(key).lower() and name not in obj.raw), "")
            inspector.add("unknown", (key,), near)
    spec = obj.raw.get("spec")
    asked = schema.NEWEST if minor >= fields.newest else minor
    if spec is not None and not schema.fits(obj.key, spec, asked):
        inspector.message(fields.spec, spec, ("spec",))
    return inspector.found
