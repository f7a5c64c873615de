"""The stages of a rotation: which there are, where a mesh stands, and what each stage does to the CA.

Everything follows from two Secrets, ``cacerts`` and the one that holds the new CA, so that a rotation can be left at
any moment and taken up again by anybody.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, append_roots, keep_roots


class Way(StrEnum):
    """How a mesh gets from one CA to another."""

    SAME_ROOT = "same-root"
    NEW_ROOT = "new-root"
    SELF_SIGNED = "self-signed"


class Stage(StrEnum):
    """One step; after each of them every workload trusts every other."""

    ADOPT = "adopt"
    ADD_ROOT = "add-root"
    SWITCH = "switch"
    DROP_ROOT = "drop-root"
    FINISH = "finish"


STAGES: Final = {
    Way.SAME_ROOT: (Stage.SWITCH, Stage.FINISH),
    Way.NEW_ROOT: (Stage.ADD_ROOT, Stage.SWITCH, Stage.DROP_ROOT, Stage.FINISH),
    Way.SELF_SIGNED: (Stage.ADOPT, Stage.SWITCH, Stage.DROP_ROOT, Stage.FINISH),
}


class Condition(StrEnum):
    """What has to be seen at every workload before a step; the value says it to people."""

    NONE = ""
    BOTH_TRUSTED = "every workload trusts both roots"
    NEW_EVERYWHERE = "every workload has a certificate of the new CA"
    OLD_EVERYWHERE = "every workload has a certificate of the old CA"


_AWAITS: Final = {
    Stage.SWITCH: Condition.BOTH_TRUSTED,
    Stage.DROP_ROOT: Condition.NEW_EVERYWHERE,
    Stage.FINISH: Condition.NEW_EVERYWHERE,
}
_UNDOING_AWAITS: Final = {
    Stage.ADOPT: Condition.OLD_EVERYWHERE,
    Stage.ADD_ROOT: Condition.OLD_EVERYWHERE,
    Stage.SWITCH: Condition.BOTH_TRUSTED,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rotation stands.

    Attributes:
        way: how it goes.
        present: the CA that signs.
        new: the CA that shall sign.
        plugged_in: whether Secret ``cacerts`` is there, and istiod takes its CA from it.
        old: fingerprint of the CA that signed at the beginning.
        old_roots: fingerprints of the roots at the beginning.
    """

    way: Way
    present: Bundle
    new: Bundle
    plugged_in: bool
    old: str
    old_roots: frozenset[str] = frozenset()

    @property
    def is_switched(self) -> bool:
        """Whether the new CA signs."""
        return self.present.signer == self.new.signer

    @property
    def is_trusted(self) -> bool:
        """Whether the new root is among those that are handed out."""
        return set(self.new.roots) <= set(self.present.roots)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages of the way."""
        return stages_of(self.way, self.old_roots, {pem.fingerprint(one) for one in self.new.roots})

    @property
    def next(self) -> Stage:
        """The stage that comes next."""
        if not self.is_switched:
            if self.way is Way.SELF_SIGNED and not self.plugged_in:
                return Stage.ADOPT
            return Stage.SWITCH if self.is_trusted else Stage.ADD_ROOT
        if Stage.DROP_ROOT not in self.stages or set(self.present.roots) == set(self.new.roots):
            return Stage.FINISH
        return Stage.DROP_ROOT

    @property
    def passed(self) -> tuple[Stage, ...]:
        """The stages behind it."""
        return self.stages[: self.stages.index(self.next)] if self.next in self.stages else ()


def awaits(stage: Stage, way: Way, *, undoing: bool = False) -> Condition:
    """Give what a stage, or undoing it, waits for.

    With one root for both CAs everybody trusts everybody at any time, so that only the end has to wait.
    """
    if way is Way.SAME_ROOT and stage is Stage.SWITCH:
        return Condition.NONE
    return (_UNDOING_AWAITS if undoing else _AWAITS).get(stage, Condition.NONE)


def stages_of(way: Way, old_roots: AbstractSet[str], new_roots: AbstractSet[str]) -> tuple[Stage, ...]:
    """Give the stages of a way, without adding roots that are there already and dropping ones that stay.

    Args:
        way: the way.
        old_roots: fingerprints of the roots at the beginning, empty if that is not known.
        new_roots: those of the new CA's file, empty if they are not known.
    """
    idle = set()
    if old_roots and new_roots:
        idle |= {Stage.ADD_ROOT} if new_roots <= old_roots else set()
        idle |= {Stage.DROP_ROOT} if old_roots <= new_roots else set()
    return tuple(one for one in STAGES[way] if one not in idle)


def way_of(present: Bundle, new: Bundle, *, plugged_in: bool) -> Way:
    """Tell how a mesh gets from its CA to a new one.

    That both stand on one root is what counts: a root that was added a moment ago is not trusted everywhere yet.
    """
    if not plugged_in:
        return Way.SELF_SIGNED
    known = set(new.roots) <= set(present.roots)
    return Way.SAME_ROOT if known and present.anchor == new.anchor else Way.NEW_ROOT


def after(stage: Stage, standing: Standing) -> Bundle:
    """Give the CA as it is after a stage.

    Bytes of roots that stay are not touched: istiod up to 1.29 compares them as text.
    """
    present, new = standing.present, standing.new
    if stage in {Stage.ADOPT, Stage.ADD_ROOT}:
        return present.with_root(append_roots(present.root, new.root))
    if stage is Stage.SWITCH:
        return new.with_root(present.root)
    if stage is Stage.DROP_ROOT:
        return present.with_root(keep_roots(present.root, new.roots))
    return present


def before(stage: Stage, standing: Standing) -> Bundle | None:
    """Give the CA as it was before a stage was taken, None if that cannot be told without a copy of it."""
    if stage is not Stage.ADD_ROOT:
        return None
    new = standing.new.roots
    old = [one for one in standing.present.roots if pem.fingerprint(one) in standing.old_roots]
    keep = old or [one for one in standing.present.roots if one not in new]
    return standing.present.with_root(keep_roots(standing.present.root, keep))


def is_before(stage: Stage, bundle: Bundle, standing: Standing) -> bool:
    """Whether a copy is the CA as it was before a stage was taken."""
    signer = bundle.signer
    if signer is None:
        return False
    roots = set(bundle.roots)
    new_roots = set(standing.new.roots)
    if stage is Stage.SWITCH:
        return pem.fingerprint(signer) == standing.old and new_roots <= roots
    return stage is Stage.DROP_ROOT and signer == standing.new.signer and new_roots < roots
