"""Which injection hooks would both take one and the same Pod.

Istio: ``analyzers/webhook``. Only labels that installations use are probed: injection, revision and the Pod's wish.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from getmesh.model.membership import INJECT, INJECTION, REVISION
from getmesh.model.snapshot import Snapshot
from getmesh.model.webhooks import Hook, Injectors


class HookOverlaps:
    """Injection hooks that meet others.

    Attributes:
        overlaps: each such hook with the others as ``CONFIGURATION/HOOK``, sorted; hooks of one configuration with
            one name are one hook.
    """

    READS: ClassVar[frozenset[str]] = Injectors.READS

    def __init__(self, snapshot: Snapshot) -> None:
        injectors = snapshot.service(Injectors)
        namespaces = list(_probes(INJECTION, ("enabled", "disabled"), injectors.revisions))
        objects = list(_probes(INJECT, ("true", "false"), injectors.revisions))
        groups: dict[tuple[int, int], list[Hook]] = {}
        for hook in injectors.hooks:
            taken = (
                _bits(hook.takes_namespace(labels) for labels in namespaces),
                _bits(hook.takes_object(labels) for labels in objects),
            )
            if all(taken):
                groups.setdefault(taken, []).append(hook)
        named = {taken: {_label(hook) for hook in hooks} for taken, hooks in groups.items()}
        self.overlaps: list[tuple[Hook, list[str]]] = []
        for taken, hooks in groups.items():
            met: set[str] = set()
            for other, labels in named.items():
                if taken[0] & other[0] and taken[1] & other[1]:
                    met |= labels
            self.overlaps += [(hook, others) for hook in hooks if (others := sorted(met - {_label(hook)}))]


def _probes(key: str, values: Iterable[str], revisions: Iterable[str]) -> Iterable[Mapping[str, str]]:
    plain: list[dict[str, str]] = [{}, *({key: value} for value in values)]
    yield from plain
    for revision in revisions:
        for labels in plain:
            yield {**labels, REVISION: revision}


def _bits(answers: Iterable[bool]) -> int:
    return sum(1 << position for position, answer in enumerate(answers) if answer)


def _label(hook: Hook) -> str:
    return f"{hook.configuration.name}/{hook.name}"
