"""A rotation: each stage only after the one before is seen to have arrived, each repeatable, each with a way back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from getmesh.ca import pem, undoing
from getmesh.ca.arrival import missing
from getmesh.ca.bundle import Bundle
from getmesh.ca.cacerts import NAME, NEXT, CaSecret, is_plugged_in, notes
from getmesh.ca.fitness import demand
from getmesh.ca.istiod import Istiods
from getmesh.ca.lint_crl import uncovered
from getmesh.ca.staged import Staged, planned
from getmesh.ca.stages import Condition, Stage, Standing, after, awaits, way_of
from getmesh.ca.status import Status
from getmesh.errors import ClusterError, InputError, PartialError, UsageError

KEPT: Final = 100
"""How many backups stay while a rotation is under way: going back needs them, however often somebody goes."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Step:
    """What a call did.

    Attributes:
        stage: the stage that was taken or undone; None if istiod was restarted only, as the one before demands.
        backup: name of the Secret with the CA as it was before, ``""`` for none.
        restarted: the istiods that were told to restart.
    """

    stage: Stage | None
    backup: str = ""
    restarted: tuple[str, ...] = ()


class Rotation:
    """Takes a mesh from one CA to another, and back.

    Args:
        secret: the mesh's CA.
        status: looks at all workloads against the CA; asked only when a stage needs to know.
        istiods: those that sign.
        now: the moment.
    """

    def __init__(self, secret: CaSecret, status: Callable[[], Status], istiods: Istiods, now: datetime) -> None:
        self._secret = secret
        self._staged = Staged(secret)
        self._status = status
        self._istiods = istiods
        self._now = now

    def check(self) -> None:
        """See whether a rotation could begin and be ended here; nothing is changed, so it comes before anything paid.

        Raises:
            InputError: the mesh has no CA, or it cannot be read.
            UsageError: the Secret's type or immutability is in the way.
            ClusterError: a right is missing.
        """
        existing, _ = self._staged.present()
        self._secret.check(existing)
        store = self._secret.store
        for verb, name in (("update", NAME), ("update", NEXT), ("delete", NEXT)):
            if not store.may(verb, name):
                raise ClusterError(
                    f"you may not {verb} Secret {name} in {store.namespace}",
                    hint=f"Needed: secrets create; get and update for {NAME}; get, update and delete for {NEXT}.",
                )

    def rehearse(self) -> None:
        """See whether a CA that is still to be issued could be put beside the present one; nothing is changed.

        Raises:
            InputError: the present CA has revocation lists, so that one which comes without would be refused.
            ClusterError: the API would not take a Secret.
        """
        existing, present = self._staged.present()
        if present.crl.strip():
            raise InputError(
                "the present CA has revocation lists (ca-crl.pem), and an issued one comes without, so that workloads "
                "would refuse each other meanwhile",
                hint="Have it done by gen-ca with --secret-file-path FILE, add both CAs' lists, then use --to FILE.",
            )
        self._secret.rehearse(existing)
        self._staged.rehearse()

    def begin(self, new: Bundle) -> Standing:
        """Put the new CA beside the present one, where the later stages find it; the mesh does not see it yet.

        Raises:
            ProviderError: the new CA is not fit.
            UsageError: another rotation is under way, or the new CA is the present one.
            ClusterError: it cannot be put there.
        """
        begun = self._staged.standing()
        if begun is not None:
            if begun.new.signer == new.signer:
                return begun
            raise UsageError(
                "another rotation is under way", hint="See 'getmesh ca rotate --plan'; 'ca rotate --back' undoes it."
            )
        plan = self.preview(new)
        if plan.is_switched:
            raise UsageError("this is the CA that the mesh has already")
        self._staged.lay(plan)
        return plan

    def present(self) -> tuple[Bundle, bool]:
        """Give the CA that istiod signs with, and whether it is plugged in.

        Raises:
            InputError: the mesh has no CA, or it cannot be read.
        """
        existing, present = self._staged.present()
        return present, is_plugged_in(existing)

    def preview(self, new: Bundle) -> Standing:
        """Tell where a rotation to a CA would begin; nothing is changed.

        Raises:
            ProviderError: the new CA is not fit.
            InputError: the present CA cannot be read, or the revocation lists would part the mesh.
        """
        demand(new, self._now, "the file")
        existing, present = self._staged.present()
        _demand_covered(present, new)
        plugged = is_plugged_in(existing)
        return planned(way_of(present, new, plugged_in=plugged), present, new, plugged_in=plugged)

    def standing(self) -> Standing | None:
        """Tell where the rotation stands; None if none is under way.

        Raises:
            InputError: what the Secrets hold cannot be read.
        """
        return self._staged.standing()

    def advance(self, standing: Standing, wanted: Stage | None, *, restarts: bool, unseen: bool) -> Step | None:
        """Take the next stage, once what it waits for has arrived; None if the wanted stage lies all behind.

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
                return self._late_restart(restarts=restarts)
            raise UsageError(f"stage {wanted} cannot come now", hint=f"Next is {stage}.")
        if late := self._late_restart(restarts=restarts):
            return late
        reason = self._demand_consent(stage, f"stage {stage}", restarts=restarts)
        self._demand_arrived(awaits(stage, standing.way), f"stage {stage}", standing, unseen=unseen)
        if stage is Stage.FINISH:
            self._staged.remove()
            return Step(stage)
        wanted_ca = after(stage, standing)
        demand(wanted_ca, self._now, "this stage")
        existing = self._staged.unchanged(standing)
        if reason:
            self._staged.owe_restart(self._now)
        annotations = notes(wanted_ca, existing, provider="rotate", provider_ref=str(stage))
        backup = self._secret.write(wanted_ca, existing, annotations, self._now)
        return Step(stage, backup, self._restart(f"stage {stage} is done") if reason else ())

    def back(self, standing: Standing, wanted: Stage | None, *, restarts: bool, unseen: bool) -> Step | None:
        """Undo the last stage, once nobody needs what it brought; None if the wanted stage is not, or no more, taken.

        Afterwards the CA is what it was before the stage. Arguments are those of ``advance``.

        Raises:
            UsageError: another stage has to be undone first, or consent is missing.
            PartialError: a workload still needs what the stage brought, or that cannot be seen.
            InputError: no backup of that state is left.
            GetmeshError: it failed; the CA is what it was.
        """
        last = standing.passed[-1] if standing.passed else None
        if last is None or (wanted is not None and wanted not in standing.passed):
            return self._late_restart(restarts=restarts)
        if wanted is not None and wanted is not last:
            raise UsageError(f"stage {wanted} cannot be undone now", hint=f"First comes {last}.")
        if late := self._late_restart(restarts=restarts):
            return late
        what = f"undoing {last}"
        reason = self._demand_consent(last, what, restarts=restarts)
        self._demand_arrived(awaits(last, standing.way, undoing=True), what, standing, unseen=unseen)
        existing = self._staged.unchanged(standing)
        undo = undoing.prepare(last, standing, self._secret, existing, self._now)
        if reason:
            self._staged.owe_restart(self._now)
        return Step(last, undo(), self._restart(f"stage {last} is undone") if reason else ())

    def call_off(self, *, restarts: bool) -> Step:
        """End a rotation of which no stage is taken: the mesh has its old CA, and the new one's Secret is removed.

        Raises:
            UsageError: istiod has to be restarted first, and consent is missing.
            ClusterError: the Secret is still there, or that cannot be seen.
        """
        late = self._late_restart(restarts=restarts)
        self._staged.remove()
        return late or Step(None)

    def _demand_arrived(self, condition: Condition, what: str, standing: Standing, *, unseen: bool) -> None:
        if condition is Condition.NONE:
            return
        late = missing(condition, standing, self._status(), unseen=unseen)
        if late:
            shown = "; ".join(late[:_SHOWN]) + (f"; and {len(late) - _SHOWN} more" if len(late) > _SHOWN else "")
            raise PartialError(
                f"{what} has to wait until {condition}: {shown}",
                hint="Wait for the proxies' next renewal (about 12 hours), or restart them; then run this again.",
            )

    def _demand_consent(self, stage: Stage, what: str, *, restarts: bool) -> str:
        """Give why istiod has to be restarted for a stage, or for undoing it, to count; ``""`` if it need not be."""
        reason = ""
        if stage is Stage.ADOPT:
            reason = "it looks for a plugged-in CA at its start only"
        elif stage in {Stage.ADD_ROOT, Stage.DROP_ROOT} and (names := self._istiods.single_rooted()):
            reason = f"{', '.join(names)} ignores other roots while it runs (ISTIO_MULTIROOT_MESH is not true)"
        if reason and not restarts:
            raise UsageError(
                f"{what} needs a restart of istiod: {reason}",
                hint="Add --restart-istiod to agree, or set ISTIO_MULTIROOT_MESH=true where that is the reason.",
            )
        return reason

    def _late_restart(self, *, restarts: bool) -> Step | None:
        """Make up for a restart that a stage wanted and nobody made, as when the call was interrupted there."""
        since = self._staged.restart_owed_since()
        names = self._istiods.not_restarted_since(since) if since else []
        if not names:
            return None
        if not restarts:
            raise UsageError(
                f"{', '.join(names)} was not restarted after the last step, so it has not read the Secret",
                hint="Add --restart-istiod to agree, or restart it: kubectl rollout restart deployment.",
            )
        self._istiods.restart(names, self._now)
        return Step(None, restarted=tuple(names))

    def _restart(self, what: str) -> tuple[str, ...]:
        try:
            names = self._istiods.names()
            self._istiods.restart(names, self._now)
        except ClusterError as error:
            raise ClusterError(
                f"{what}, but istiod was not restarted: {error.message}",
                hint="Run this again with --restart-istiod, or restart it: kubectl rollout restart deployment.",
            ) from error
        return tuple(names)


def _demand_covered(present: Bundle, new: Bundle) -> None:
    """See that revocation lists say something of both CAs, since a peer that has lists refuses whom none speaks of.

    Raises:
        InputError: they do not.
    """
    if not (present.crl.strip() or new.crl.strip()):
        return
    both = [one for ca in (present, new) for one in (ca.signer, *ca.between) if one]
    for whose, ca in (("present", present), ("new", new)):
        lacking = uncovered(ca, dict.fromkeys(both))
        if lacking:
            raise InputError(
                f"ca-crl.pem of the {whose} CA has no list of {pem.label(lacking[0])}, so that workloads would refuse "
                "each other meanwhile",
                hint="Put the lists of both CAs into ca-crl.pem of both; or take it out and restart istiod.",
            )
