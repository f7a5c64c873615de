"""The Secret that holds the new CA meanwhile, and with it all that a rotation has to remember."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.cacerts import NAME, NEXT, PREFIX, CaSecret, is_plugged_in, notes
from getmesh.ca.issuing import SELF_SIGNED
from getmesh.ca.secrets import Secret
from getmesh.ca.stages import Standing, Way
from getmesh.ca.survey import self_signed
from getmesh.errors import ClusterError, InputError
from getmesh.ports.cluster import ClusterRefused

_WAY: Final = PREFIX + "rotation"
_OLD: Final = PREFIX + "rotation-from"
_OLD_ROOTS: Final = PREFIX + "rotation-from-roots"
_RESTART: Final = PREFIX + "restart-since"
_CONFLICT: Final = 409


class Staged:
    """The two Secrets of a rotation: the CA of the mesh, and the one that shall follow it.

    Args:
        secret: the mesh's CA.
    """

    def __init__(self, secret: CaSecret) -> None:
        self._secret = secret
        self._store = secret.store

    def present(self) -> tuple[Secret | None, Bundle]:
        """Give Secret ``cacerts`` as it is, and the CA that istiod signs with.

        Raises:
            InputError: the mesh has no CA, or it cannot be read.
            ClusterError: the Secrets cannot be read.
        """
        existing = self._secret.read()
        if existing is not None and is_plugged_in(existing):
            present = from_data(existing.data)
        else:
            own = self._store.get(SELF_SIGNED) or existing  # istiod too looks at its own Secret first
            if own is None:
                raise InputError(
                    f"the mesh has neither Secret {NAME} nor {SELF_SIGNED}",
                    hint="For a mesh without a CA: getmesh gen-ca.",
                )
            present = self_signed(own.data)
        if present.signer is None:
            raise InputError("the present CA cannot be read")
        return existing, present

    def standing(self) -> Standing | None:
        """Tell where the rotation stands; None if none is under way.

        Raises:
            InputError: what the Secrets hold cannot be read.
            ClusterError: the Secrets cannot be read.
        """
        staged = self._store.get(NEXT)
        if staged is None:
            return None
        existing, present = self.present()
        kept = staged.annotations
        return Standing(
            Way(kept.get(_WAY, Way.NEW_ROOT)),
            present,
            from_data(staged.data),
            is_plugged_in(existing),
            kept.get(_OLD, ""),
            frozenset(kept.get(_OLD_ROOTS, "").split()),
        )

    def rehearse(self) -> None:
        """Let the server go through the making of the new CA's Secret without doing it.

        Raises:
            ClusterError: the API would not take it.
        """
        self._store.rehearse(Secret(NEXT, {}))

    def lay(self, planned: Standing) -> None:
        """Put the new CA where the later stages find it.

        Raises:
            ClusterError: somebody else began a rotation meanwhile, or it cannot be put there.
        """
        annotations = {
            _WAY: str(planned.way),
            _OLD: planned.old,
            _OLD_ROOTS: " ".join(sorted(planned.old_roots)),
            **notes(planned.new, None),
        }
        wanted = Secret(NEXT, planned.new.data(), annotations=annotations)
        try:
            self._store.create(wanted)
        except ClusterError as error:
            if self._store.holds(wanted):
                return
            if not isinstance(error, ClusterRefused):
                raise ClusterError(f"Secret {NEXT} may not have been made: {error.message}", hint=error.hint) from error
            if error.status == _CONFLICT:
                raise ClusterError("somebody else began a rotation meanwhile; nothing was written") from error
            raise ClusterError(f"Secret {NEXT} was not made: {error.message}", hint=error.hint) from error

    def remove(self) -> None:
        """Remove the new CA's Secret, and what it remembers; that it is gone already is fine.

        Raises:
            ClusterError: it is still there, or that cannot be seen.
        """
        staged = self._store.get(NEXT)
        if staged is not None:
            self._store.ensure_gone(staged)

    def owe_restart(self, now: datetime) -> None:
        """Remember that istiods have to be restarted after this moment, whoever goes on with the rotation.

        Raises:
            ClusterError: it cannot be written down, or somebody else takes a step at this moment.
        """
        staged = self._store.get(NEXT)
        if staged is None:
            raise ClusterError(f"Secret {NEXT} is gone: somebody else ended the rotation")
        annotations = {**staged.annotations, _RESTART: now.isoformat()}
        try:
            self._store.replace(replace(staged, annotations=annotations))
        except ClusterError as error:
            raise ClusterError(
                f"Secret {NEXT} could not be changed, so nothing else was: {error.message}", hint=error.hint
            ) from error

    def restart_owed_since(self) -> datetime | None:
        """Give the moment after which istiods have to be restarted, None if they need not be.

        Raises:
            ClusterError: the Secret cannot be read.
        """
        staged = self._store.get(NEXT)
        stamp = staged.annotations.get(_RESTART, "") if staged else ""
        return datetime.fromisoformat(stamp) if stamp else None

    def unchanged(self, standing: Standing) -> Secret | None:
        """Give Secret ``cacerts`` if it is still what a decision was made on.

        Raises:
            ClusterError: somebody else changed it.
        """
        existing, present = self.present()
        if present != standing.present or is_plugged_in(existing) is not standing.plugged_in:
            raise ClusterError(
                f"Secret {NAME} was changed by somebody else meanwhile; nothing was written",
                hint="Look at it with 'getmesh ca inspect secret', then run the command again.",
            )
        return existing


def planned(way: Way, present: Bundle, new: Bundle, *, plugged_in: bool) -> Standing:
    """Give the standing of a rotation that has not begun."""
    old = pem.fingerprint(present.signer) if present.signer else ""
    roots = frozenset(pem.fingerprint(one) for one in present.roots)
    return Standing(way, present, new, plugged_in, old, roots)
