"""The Secret ``cacerts``: replaced without a moment in which there is none, and never without a way back."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from getmesh import __version__
from getmesh.ca import pem
from getmesh.ca.bundle import TLS_CERTIFICATE, Bundle, from_data
from getmesh.ca.secrets import OPAQUE, TLS, Secret, SecretStore
from getmesh.errors import ClusterError, InputError, UsageError
from getmesh.ports.cluster import ClusterRefused

NAME: Final = "cacerts"
NEXT: Final = "cacerts-next"
"""The Secret that holds the CA that shall follow, as long as a rotation is under way."""
PREFIX: Final = "getmesh.io/"
BACKUPS: Final = PREFIX + "backups"
KEPT: Final = 5
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_CONFLICT: Final = 409
_ATTEMPTS: Final = 3
_NAMES: Final = 20
_BACKUP_LABELS: Final = {PREFIX + "backup-of": NAME, "app.kubernetes.io/managed-by": "getmesh"}


class CaSecret:
    """The mesh's CA in its namespace.

    Args:
        store: the namespace's Secrets.
        keep_type: write into a Secret of another type instead of refusing.
        recreate: delete and make anew what cannot be replaced.
        kept: how many backups stay.
    """

    def __init__(
        self, store: SecretStore, *, keep_type: bool = False, recreate: bool = False, kept: int = KEPT
    ) -> None:
        self.store = store
        self._keep_type = keep_type
        self._recreate = recreate
        self._kept = kept

    def read(self) -> Secret | None:
        """Give the Secret, None if there is none."""
        return self.store.get(NAME)

    def check(self, existing: Secret | None) -> None:
        """See whether the Secret could be written, without writing it.

        Raises:
            UsageError: its type or immutability is in the way.
            ClusterError: a right is missing, or the API would not take it.
        """
        self._demand_replaceable(existing)
        wanted = [("create", "")] if existing is None else [("update", NAME), ("create", "")]
        if existing is not None and self._must_recreate(existing):
            wanted.append(("delete", NAME))
        missing = [verb for verb, name in wanted if not self.store.may(verb, name)]
        if missing:
            raise ClusterError(
                f"you may not {' and '.join(missing)} Secrets in {self.store.namespace}",
                hint=f"Needed: secrets get and update for {NAME}, and create, in namespace {self.store.namespace}.",
            )

    def rehearse(self, existing: Secret | None) -> None:
        """Let the server go through a write without doing it; what is immutable, and made anew later, is left out.

        Raises:
            ClusterError: the API would not take it.
        """
        if existing is None or not existing.immutable:
            self.store.rehearse(existing or Secret(NAME, {}))

    def write(
        self,
        bundle: Bundle,
        existing: Secret | None,
        annotations: Mapping[str, str],
        now: datetime,
        *,
        dry_run: bool = False,
    ) -> str:
        """Put a CA into the Secret; give the name of the backup of what was there, ``""`` if nothing was.

        Whatever fails, the Secret is the old one or the new one, whole. Only ``recreate`` has a moment without, and
        tries to put the old one back.

        Raises:
            UsageError: the Secret's type or immutability is in the way.
            ClusterError: it was not written, or it is not known whether it was; the message says which.
        """
        self._demand_replaceable(existing)
        if existing is None:
            wanted = Secret(NAME, bundle.data(), annotations={**annotations})
            self._apply(wanted, None, dry_run=dry_run)
            return ""
        tls = existing.type == TLS and not self._must_recreate(existing)
        return self._exchange(existing, bundle.data(tls=tls), annotations, now, dry_run=dry_run)

    def put_back(
        self, data: Mapping[str, bytes], existing: Secret, annotations: Mapping[str, str], now: datetime
    ) -> str:
        """Put the data of a copy into the Secret, just as they were; give the name of the backup of what was there.

        Raises:
            UsageError: the Secret's type or immutability is in the way.
            ClusterError: as for ``write``.
        """
        self._demand_replaceable(existing)
        return self._exchange(existing, data, annotations, now, dry_run=False)

    def remove(self, existing: Secret) -> None:
        """Delete the Secret that was read, so that istiod falls back to a CA of its own at its next start.

        Raises:
            ClusterError: it is still there, or that cannot be seen.
        """
        try:
            self.store.ensure_gone(existing)
        except ClusterError as error:
            raise ClusterError(
                f"Secret {NAME} was not deleted: {error.message}; the mesh keeps the CA that it had", hint=error.hint
            ) from error

    def back_up(self, existing: Secret, now: datetime) -> str:
        """Copy the Secret under a dated name and give that name.

        Raises:
            ClusterError: it could not be copied; nothing else was done.
        """
        stem = f"{NAME}-backup-{now:%Y%m%dt%H%M%Sz}"
        for attempt in range(_NAMES):
            name = stem if attempt == 0 else f"{stem}-{attempt + 1}"
            notes = {PREFIX + "original-type": existing.type, **describe(existing.data)}
            try:
                self.store.create(Secret(name, existing.data, labels=_BACKUP_LABELS, annotations=notes))
            except ClusterRefused as error:
                if error.status != _CONFLICT:
                    raise ClusterError(
                        f"the present CA could not be backed up, so nothing was changed: {error.message}",
                        hint=error.hint,
                    ) from error
            else:
                return name
        raise ClusterError("the present CA could not be backed up: all names are taken; nothing was changed")

    def backups(self, existing: Secret | None) -> list[str]:
        """Give the names of the backups that the Secret records, newest first."""
        recorded = existing.annotations.get(BACKUPS, "") if existing else ""
        return [name for name in reversed(recorded.split(",")) if name]

    def _exchange(
        self,
        existing: Secret,
        data: Mapping[str, bytes],
        annotations: Mapping[str, str],
        now: datetime,
        *,
        dry_run: bool,
    ) -> str:
        backup = "" if dry_run else self.back_up(existing, now)
        recorded = [name for name in existing.annotations.get(BACKUPS, "").split(",") if name]
        recorded += [backup] if backup else []
        kept = {key: value for key, value in existing.annotations.items() if key != _LAST_APPLIED}
        note = {BACKUPS: ",".join(recorded[-self._kept :])} if recorded else {}
        wanted = replace(existing, annotations=kept).having(data, {**annotations, **note})
        if self._must_recreate(existing):
            self._replace_by_force(replace(wanted, type=OPAQUE, immutable=False), existing)
        else:
            self._apply(wanted, existing, dry_run=dry_run)
        if not dry_run:
            self._prune(recorded[: -self._kept])
        return backup

    def _apply(self, wanted: Secret, existing: Secret | None, *, dry_run: bool) -> None:
        try:
            if existing is None:
                self.store.create(wanted, dry_run=dry_run)
            else:
                self.store.replace(wanted, dry_run=dry_run)
        except ClusterRefused as error:
            if error.status == _CONFLICT:
                raise ClusterError(
                    f"Secret {NAME} was changed by somebody else meanwhile; nothing was written",
                    hint="Look at it with 'getmesh ca inspect secret', then run the command again.",
                ) from error
            if not dry_run and self.store.holds(wanted):
                return
            raise ClusterError(
                f"Secret {NAME} was not written: {error.message}; the mesh keeps the CA that it had", hint=error.hint
            ) from error
        except ClusterError as error:
            if not dry_run and self.store.holds(wanted):
                return
            raise ClusterError(f"Secret {NAME} may not have been written: {error.message}", hint=error.hint) from error

    def _replace_by_force(self, wanted: Secret, existing: Secret) -> None:
        self.remove(existing)
        fresh = replace(wanted, version="", uid="")
        trouble = ""
        for secret in (fresh,) * _ATTEMPTS + (replace(existing, version="", uid=""),) * _ATTEMPTS:
            try:
                self.store.create(secret)
            except ClusterError as error:
                trouble = error.message
                if self.store.holds(secret):
                    return
            else:
                if secret is fresh:
                    return
                raise ClusterError(f"Secret {NAME} could not be made anew ({trouble}); the old one is back")
        raise ClusterError(
            f"Secret {NAME} is GONE and could not be made anew: {trouble}",
            hint="Do not restart istiod, it has the CA in memory; run 'getmesh ca restore' when the API answers.",
        )

    def _prune(self, names: list[str]) -> None:
        for name in names:
            with suppress(ClusterError):
                self.store.remove(name)

    def _must_recreate(self, existing: Secret) -> bool:
        other = existing.type != OPAQUE and not self._keep_type
        return self._recreate and (existing.immutable or other)

    def _demand_replaceable(self, existing: Secret | None) -> None:
        if existing is None or self._recreate:
            return
        if existing.immutable:
            raise UsageError(
                f"Secret {NAME} is immutable",
                hint="Add --recreate to delete it and make it anew; for a moment there is none, so keep istiod up.",
            )
        if existing.type != OPAQUE and not self._keep_type:
            raise UsageError(
                f"Secret {NAME} has type {existing.type}, and a type cannot be changed",
                hint="Add --keep-type to write into it as it is (Istio does not mind the type), or --recreate.",
            )


def describe(data: Mapping[str, bytes]) -> dict[str, str]:
    """Give annotations that say which CA some data holds; empty if it holds none that can be read."""
    try:
        signer = from_data(data).signer
    except InputError:
        return {}
    if signer is None:
        return {}
    return {
        PREFIX + "fingerprint": pem.fingerprint(signer),
        PREFIX + "not-after": signer.not_valid_after_utc.isoformat(),
    }


def notes(bundle: Bundle, existing: Secret | None, **facts: str) -> dict[str, str]:
    """Give the annotations of a newly written CA: what it is, where it came from, what was there before."""
    found = describe(bundle.data())
    found |= {PREFIX + key.replace("_", "-"): value for key, value in facts.items() if value}
    found[PREFIX + "version"] = __version__
    before = describe(existing.data).get(PREFIX + "fingerprint", "") if existing else ""
    return found | ({PREFIX + "previous-fingerprint": before} if before else {})


def is_plugged_in(secret: Secret | None) -> bool:
    """Whether istiod takes the Secret for a CA that somebody gave it, not for its own self-signed one."""
    if secret is None:
        return False
    return TLS_CERTIFICATE in secret.data or "istio-generated" not in secret.data
