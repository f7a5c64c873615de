"""Whether what a stage did has arrived at every workload, judged by what was seen there."""

from collections.abc import Iterator, Sequence

from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.stages import Condition, Stage, Standing, Way
from getmesh.ca.status import Status, Use


def missing(condition: Condition, standing: Standing, status: Status, *, unseen: bool) -> list[str]:
    """Give where a condition does not hold, or cannot be seen to, one line each; empty if it holds everywhere.

    Args:
        condition: what has to hold.
        standing: where the rotation stands.
        status: what was seen.
        unseen: what could not be looked at does not count.
    """
    late = [*_at_workloads(condition, standing, status), *_at_istiod(condition, standing, status)]
    if not unseen:
        late += [f"not seen: {gap}" for gap in status.gaps]
        if not status.workloads:
            late.append("no workload was looked at")
    return late


def _at_workloads(condition: Condition, standing: Standing, status: Status) -> Iterator[str]:
    both = {pem.fingerprint(one) for one in (*standing.present.roots, *standing.new.roots)}
    for one in status.workloads:
        if one.use is Use.UNSEEN:
            continue  # each of them is a gap too
        if condition is Condition.BOTH_TRUSTED:
            if not both <= one.trusts:
                yield f"{one.proxy} does not trust both roots"
        elif one.use is not Use.CURRENT:
            yield f"{one.proxy} has a certificate of {one.issuer}" + (f" ({one.reason})" if one.reason else "")


def _at_istiod(condition: Condition, standing: Standing, status: Status) -> Iterator[str]:
    """Yield what shows that an istiod has not read the Secret: it hands out other roots, or serves by the other CA."""
    if condition is Condition.BOTH_TRUSTED or (standing.next is Stage.FINISH and standing.way is not Way.SAME_ROOT):
        for one in status.roots:
            if not one.current:
                yield f"namespace {one.namespace} hands out other roots"
    if condition is Condition.BOTH_TRUSTED:
        return
    for served in status.served:
        if _serves_by_other(condition, served.chain, standing):
            yield f"{served.istiod} serves a certificate of the other CA: it has not read the Secret"


def _serves_by_other(condition: Condition, chain: Sequence[x509.Certificate], standing: Standing) -> bool:
    """Whether istiod's own certificate is of the CA that nobody should use; one of a third CA tells nothing."""
    if condition is Condition.OLD_EVERYWHERE:
        others = [standing.new.signer] if standing.new.signer else []
    else:
        others = [one for one in (*chain[1:], *standing.present.roots) if pem.fingerprint(one) == standing.old]
    return bool(chain) and any(pem.is_issued_by(chain[0], one) for one in others)
