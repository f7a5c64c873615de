"""A rotation: each stage only after the one before is seen to have arrived, each repeatable, each with a way back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, from_data, keep_roots
from getmesh.ca.cacerts import NAME, PREFIX, CaSecret, is_plugged_in, notes
from getmesh.ca.fitness import demand
from getmesh.ca.issuing import SELF_SIGNED
from getmesh.ca.secrets import Secret
from getmesh.ca.stages import AWAITS, Stage, Standing, Way, after, is_before, way_of
from getmesh.ca.status import Status, Use
from getmesh.ca.survey import self_signed
from getmesh.errors import InputError, PartialError, UsageError

NEXT: Final = "cacerts-next"
_WAY: Final = PREFIX + "rotation"
_OLD: Final = PREFIX + "rotation-from"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that was taken.

    Attributes:
        stage: which.
        backup: name of the Secret with the CA as it was before, ``""`` for none.
        restart: whether istiod reads it only after a restart.
    """

    stage: Stage
    backup: str
    restart: bool


class Rotation:
    """Takes a mesh from one CA to another.

    Args:
        secret: the mesh's CA.
        status: looks at all workloads against a CA; asked only when a stage needs to know.
        single_rooted: names the istiods that ignore new roots while they run.
        now: the moment.
    """

    def __init__(
        self,
        secret: CaSecret,
        status: Callable[[], Status],
        single_rooted: Callable[[], list[str]],
        now: datetime,
    ) -> None:
        self._secret = secret
        self._status = status
        self._single_rooted = single_rooted
        self._now = now

    def begin(self, new: Bundle) -> Standing:
        """Put the new CA beside the present one, where the later stages find it; the mesh does not see it yet.

        Raises:
            ProviderError: the new CA is not fit.
            UsageError: another rotation is under way, or the new CA is the present one.
            ClusterError: it cannot be put there.
        """
        planned = self.preview(new)
        if self._secret.store.get(NEXT) is not None:
            standing = self.standing()
            if standing is not None and standing.new.signer == new.signer:
                return standing
            raise UsageError(
                "another rotation is under way", hint="See 'getmesh ca rotate --plan'; 'ca rotate --back' undoes it."
            )
        if planned.is_switched:
            raise UsageError("this is the CA that the mesh has already")
        annotations = {_WAY: str(planned.way), _OLD: planned.old, **notes(new, None)}
        self._secret.store.create(Secret(NEXT, new.data(), annotations=annotations))
        return planned

    def preview(self, new: Bundle) -> Standing:
        """Tell where a rotation to a CA would begin; nothing is changed.

        Raises:
            ProviderError: the new CA is not fit.
            InputError: the present CA cannot be read.
        """
        demand(new, self._now, "the file")
        existing, present = self._present()
        if present.signer is None:
            raise InputError("the present CA cannot be read")
        plugged = is_plugged_in(existing)
        old = pem.fingerprint(present.signer)
        return Standing(way_of(present, new, plugged_in=plugged), present, new, plugged, old)

    def standing(self) -> Standing | None:
        """Tell where the rotation stands; None if none is under way.

        Raises:
            InputError: what the Secrets hold cannot be read.
        """
        staged = self._secret.store.get(NEXT)
        if staged is None:
            return None
        existing, present = self._present()
        way = Way(staged.annotations.get(_WAY, Way.NEW_ROOT))
        new, old = from_data(staged.data), staged.annotations.get(_OLD, "")
        return Standing(way, present, new, is_plugged_in(existing), old)

    def advance(self, standing: Standing, wanted: Stage | None, *, restarts: bool, unseen: bool) -> Step | None:
        """Take the next stage, once what it waits for has arrived; None if the wanted stage lies behind.

        Args:
            standing: where the rotation stands.
            wanted: the stage that is meant, None for the next one.
            restarts: the user agrees that istiod is restarted where it has to be.
            unseen: workloads that cannot be looked at do not count.

        Raises:
            UsageError: the wanted stage is not the next one, or consent is missing.
            PartialError: what it waits for is not there yet, or cannot be seen.
            GetmeshError: it failed; the CA is what it was.
        """
        stage = standing.next
        if wanted is not None and wanted is not stage:
            if wanted in standing.passed:
                return None
            raise UsageError(f"stage {wanted} cannot come now", hint=f"Next is {stage}.")
        restart = self._needs_restart(stage)
        if restart and not restarts:
            raise UsageError(
                f"stage {stage} needs a restart of istiod: {restart}",
                hint="Add --restart-istiod to agree, or set ISTIO_MULTIROOT_MESH=true where that is the reason.",
            )
        self.demand_arrived(stage, standing, unseen=unseen)
        if stage is Stage.FINISH:
            self._secret.store.remove(NEXT)
            return Step(stage, "", restart=False)
        wanted_ca = after(stage, standing)
        demand(wanted_ca, self._now, "this stage")
        existing = self._secret.read()
        annotations = notes(wanted_ca, existing, provider="rotate", provider_ref=str(stage))
        backup = self._secret.write(wanted_ca, existing, annotations, self._now)
        return Step(stage, backup, bool(restart))

    def demand_arrived(self, stage: Stage, standing: Standing, *, unseen: bool) -> None:
        """See that what a stage waits for has arrived at every workload.

        Raises:
            PartialError: it has not, or that cannot be seen.
        """
        if not AWAITS[stage] or (stage is Stage.SWITCH and standing.way is Way.SAME_ROOT):
            return
        status = self._status()
        late = _late(stage, standing, status, unseen=unseen)
        if not unseen:
            late += [f"not seen: {gap}" for gap in status.gaps]
            if not status.workloads:
                late.append("no workload was looked at")
        if late:
            shown = "; ".join(late[:_SHOWN]) + (f"; and {len(late) - _SHOWN} more" if len(late) > _SHOWN else "")
            raise PartialError(
                f"stage {stage} has to wait until {AWAITS[stage]}: {shown}",
                hint="Wait for the proxies' next renewal (about 12 hours), or restart them; then run this again.",
            )

    def back(self, standing: Standing) -> Step:
        """Undo the last stage: the CA becomes what it was before it.

        Raises:
            UsageError: it cannot be undone.
            InputError: no backup of that state is left.
            ClusterError: it failed; the CA is what it was.
        """
        if not standing.passed:
            self._secret.store.remove(NEXT)
            return Step(standing.next, "", restart=False)
        last = standing.passed[-1]
        if last is Stage.ADOPT:
            raise UsageError(
                "to undo 'adopt', delete Secret cacerts and restart istiod",
                hint="istiod's own CA signed all the time, so nothing else changes.",
            )
        existing = self._secret.read()
        if last is Stage.ADD_ROOT:
            keep = [one for one in standing.present.roots if one not in standing.new.roots]
            earlier = standing.present.with_root(keep_roots(standing.present.root, keep))
        else:
            earlier = self._earlier(last, standing, existing)
        annotations = notes(earlier, existing, provider="rotate", provider_ref=f"back from {last}")
        restart = self._needs_restart(last)
        return Step(last, self._secret.write(earlier, existing, annotations, self._now), bool(restart))

    def _earlier(self, last: Stage, standing: Standing, existing: Secret | None) -> Bundle:
        for name in self._secret.backups(existing):
            found = self._secret.store.get(name)
            if found is not None and is_before(last, copy := from_data(found.data), standing):
                return copy
        if last is Stage.SWITCH and standing.way is Way.SAME_ROOT:
            raise InputError("no backup of the old CA is left", hint="Bring a copy of yours with 'ca restore FILE'.")
        raise InputError(f"no backup of the CA before {last} is left", hint="Bring a copy of yours with 'ca restore'.")

    def _present(self) -> tuple[Secret | None, Bundle]:
        existing = self._secret.read()
        if existing is not None and is_plugged_in(existing):
            return existing, from_data(existing.data)
        own = existing or self._secret.store.get(SELF_SIGNED)
        if own is None:
            raise InputError(
                f"the mesh has neither Secret {NAME} nor {SELF_SIGNED}",
                hint="For a mesh without a CA: getmesh gen-ca.",
            )
        return existing, self_signed(own.data)

    def _needs_restart(self, stage: Stage) -> str:
        """Say why istiod has to be restarted for a stage to count; ``""`` if it need not be."""
        if stage is Stage.ADOPT:
            return "it reads plugged-in CAs at its start only"
        if stage in {Stage.ADD_ROOT, Stage.DROP_ROOT}:
            names = self._single_rooted()
            if names:
                return f"{', '.join(names)} ignores other roots while it runs (ISTIO_MULTIROOT_MESH is not true)"
        return ""


def _late(stage: Stage, standing: Standing, status: Status, *, unseen: bool) -> list[str]:
    """Give the workloads, and namespaces, at which a stage's condition does not hold yet."""
    late = []
    wanted = {pem.fingerprint(one) for one in (*standing.present.roots, *standing.new.roots)}
    for one in status.workloads:
        if one.use is Use.UNSEEN:
            late += [] if unseen else [f"{one.proxy} ({one.reason})"]
        elif stage is Stage.SWITCH and not wanted <= one.trusts:
            late.append(f"{one.proxy} does not trust both roots")
        elif stage is not Stage.SWITCH and one.use is not Use.CURRENT:
            late.append(f"{one.proxy} has a certificate of {one.issuer}" + (f" ({one.reason})" if one.reason else ""))
    if stage is Stage.SWITCH:
        late += [f"namespace {one.namespace} hands out other roots" for one in status.roots if not one.current]
    return late
