"""The way back from a stage: what has to be put where, found before anything is changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from getmesh.ca.bundle import CERTIFICATE, CHAIN, KEY, ROOT, Bundle, from_data
from getmesh.ca.cacerts import CaSecret, is_plugged_in, notes
from getmesh.ca.fitness import demand
from getmesh.ca.issuing import SELF_SIGNED
from getmesh.ca.secrets import Secret
from getmesh.ca.stages import Stage, Standing, before, is_before
from getmesh.ca.survey import self_signed
from getmesh.errors import InputError

_OWN_TYPE: Final = "istio.io/ca-root"


def prepare(
    last: Stage, standing: Standing, secret: CaSecret, existing: Secret | None, now: datetime
) -> Callable[[], str]:
    """Give a function that undoes the last stage and gives the name of the backup of what was there, ``""`` for none.

    Raises:
        InputError: no copy of the CA as it was before is left.
        ProviderError: the CA as it was before is not fit any more.
        ClusterError: the copies cannot be read.
    """
    if last is Stage.ADOPT and existing is not None:
        return _leave(standing, secret, existing, now)
    earlier = before(last, standing) or _copy_before(last, standing, secret, existing)
    demand(earlier, now, "the time before this stage")
    annotations = notes(earlier, existing, provider="rotate", provider_ref=f"back from {last}")
    return lambda: secret.write(earlier, existing, annotations, now)


def _copy_before(last: Stage, standing: Standing, secret: CaSecret, existing: Secret | None) -> Bundle:
    for name in secret.backups(existing):
        found = secret.store.get(name)
        if found is not None and is_before(last, copy := from_data(found.data), standing):
            return copy
    raise InputError(
        f"no backup of the CA before {last} is left", hint="Bring a copy of yours with 'getmesh ca restore FILE'."
    )


def _leave(standing: Standing, secret: CaSecret, existing: Secret, now: datetime) -> Callable[[], str]:
    """Give the way back to the CA that istiod made itself, which signed all the time.

    istiod keeps its CA in a Secret of its own, or, if it is told to, in ``cacerts`` with a mark; whichever it was is
    there afterwards, with the very key that signs now. Otherwise it would make itself another root.
    """
    own = secret.store.get(SELF_SIGNED)
    copy = next((found for name in secret.backups(existing) if _is_own(found := secret.store.get(name))), None)
    kept = own or copy
    if kept is not None and self_signed(kept.data).signer != standing.present.signer:
        raise InputError(
            f"Secret {kept.name} holds another CA than the one that signs, which istiod would take after a restart",
            hint="Stay where you are, or go on: the CA in Secret cacerts is the same that istiod had before.",
        )

    def undo() -> str:
        if kept is None:
            secret.store.create(_own(standing))
        if copy is not None:
            annotations = notes(standing.present, existing, provider="rotate", provider_ref="back from adopt")
            return secret.put_back(copy.data, existing, annotations, now)
        secret.remove(existing)
        return ""

    return undo


def _is_own(copy: Secret | None) -> bool:
    return copy is not None and not is_plugged_in(copy)


def _own(standing: Standing) -> Secret:
    """Give istiod's own Secret as istiod would write it."""
    present = standing.present
    data = {CERTIFICATE: present.certificate, KEY: present.key, CHAIN: b"", "key.pem": b"", ROOT: present.certificate}
    return replace(Secret(SELF_SIGNED, data), type=_OWN_TYPE)
