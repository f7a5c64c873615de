"""Which Istio objects exist for istiod: those that decode and that its validation would have let in.

Istio: ``pkg/config/validation``; an API server with Istio's webhook refuses the others.
"""

from typing import ClassVar

from getmesh.model.fields import decodes
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation import CHECKS, validate


class Admission:
    """Says of each Istio object whether it would have been admitted."""

    READS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, snapshot: Snapshot) -> None:
        del snapshot  # what is asked of an object depends on the object alone; the snapshot keeps the answers
        self._answers: dict[int, str] = {}

    def admits(self, obj: Object) -> bool:
        """Whether an object exists for istiod."""
        return not self.refusal(obj)

    def refusal(self, obj: Object) -> str:
        """Give why an object is refused, ``""`` if it is not."""
        found = self._answers.get(id(obj))
        if found is None:
            found = self._answers[id(obj)] = _refusal(obj)
        return found


def _refusal(obj: Object) -> str:
    if not decodes(obj):
        return "it does not decode"
    if obj.key in CHECKS:
        for fault in validate(obj).errors:
            return fault.text
    return ""
