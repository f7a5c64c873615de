"""Which Telemetry resources claim the same Pods or the same namespace.

Istio: ``analyzers/telemetry``.
"""

from typing import TYPE_CHECKING, ClassVar

from getmesh.model.objects import Object, as_map, as_strings
from getmesh.model.pods import Pods
from getmesh.model.sidecars import claims
from getmesh.model.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping


class Telemetries:
    """Telemetry resources by what they speak for; one with an empty selector speaks for nothing here.

    Attributes:
        by_pod: Pods that two or more select by labels.
        by_namespace: those of each namespace that has two or more without a selector.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Telemetry"}) | Pods.READS

    def __init__(self, snapshot: Snapshot) -> None:
        selecting: list[tuple[Object, Mapping[str, str]]] = []
        spread: dict[str, list[Object]] = {}
        for telemetry in snapshot.each("Telemetry"):
            selector = telemetry.spec.get("selector")
            labels = as_strings(as_map(selector).get("matchLabels"))
            if labels:
                selecting.append((telemetry, labels))
            elif not isinstance(selector, dict):
                spread.setdefault(telemetry.namespace, []).append(telemetry)
        found = claims(selecting, snapshot.service(Pods))
        self.by_pod = [claim for claim in found if len(claim.claimants) > 1]
        self.by_namespace = [held for held in spread.values() if len(held) > 1]
