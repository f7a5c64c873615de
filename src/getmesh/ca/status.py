"""Who signs, until when, and who still uses the old CA."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.dumps import Held
from getmesh.ca.keys import describe
from getmesh.ca.serving import Served
from getmesh.ca.trust import verifies
from getmesh.ca.workloads import Seen

SERVED = "istiod"


class Use(StrEnum):
    """Whose certificate a workload has."""

    CURRENT = "current"
    OTHER = "other"
    BROKEN = "broken"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Workload:
    """One identity at one proxy.

    Attributes:
        proxy: ``namespace/pod`` or a file's name.
        identity: its SPIFFE URI.
        use: whose certificate it has.
        issuer: who issued it, for people.
        key: family of its key.
        not_after: end of its certificate.
        trusts: fingerprints of its roots.
        reason: what is wrong, ``""`` if nothing is.
    """

    proxy: str
    identity: str
    use: Use
    issuer: str = ""
    key: str = ""
    not_after: datetime | None = None
    trusts: frozenset[str] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RootMap:
    """The roots that a namespace's ConfigMap hands out."""

    namespace: str
    current: bool
    roots: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that was looked at.

    Attributes:
        source: where the CA was read: ``cacerts``, istiod's own Secret, or `SERVED` for what istiod serves.
        bundle: the CA, None if there is none to be read.
        served: what each istiod serves, empty if none was looked at.
        roots: the ConfigMaps of the namespaces.
        workloads: the proxies.
        gaps: what could not be looked at.
    """

    source: str
    bundle: Bundle | None
    served: tuple[Served, ...] = ()
    roots: tuple[RootMap, ...] = ()
    workloads: tuple[Workload, ...] = ()
    gaps: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> Counter[Use]:
        """How many workloads use what."""
        return Counter(one.use for one in self.workloads)

    def is_current(self, istiod: Served) -> bool | None:
        """Whether an istiod serves a certificate of the CA; None if there is none to compare with."""
        signer = self.bundle.signer if self.bundle else None
        if signer is None:
            return None
        return bool(istiod.chain) and pem.is_issued_by(istiod.chain[0], signer)

    @property
    def serves_current(self) -> bool | None:
        """Whether every istiod serves a certificate of the Secret's CA; None if that is not known of any."""
        if self.source == SERVED:
            return None
        known = [self.is_current(one) for one in self.served]
        return None if None in known or not known else all(known)

    @property
    def behind(self) -> tuple[str, ...]:
        """The istiods that serve a certificate of another CA than the Secret's."""
        return tuple(one.istiod for one in self.served if self.is_current(one) is False)

    @property
    def astray(self) -> tuple[Workload, ...]:
        """The workloads with a certificate of the CA that trust more, or fewer, than its roots."""
        if self.bundle is None:
            return ()
        wanted = {pem.fingerprint(one) for one in self.bundle.roots}
        mine = (one for one in self.workloads if one.use is Use.CURRENT)
        return tuple(one for one in mine if one.trusts and one.trusts != wanted)

    @property
    def handed_out(self) -> tuple[x509.Certificate, ...]:
        """The roots that ConfigMaps hand out and that are none of the CA's."""
        known = set(self.bundle.roots) if self.bundle else set()
        return tuple(dict.fromkeys(one for made in self.roots for one in made.roots if one not in known))

    def ending(self, now: datetime, warn_days: float | None) -> list[x509.Certificate]:
        """Give the CA certificates that should be renewed, those that istiods send included."""
        if self.bundle is None:
            return []
        sent = [part for one in self.served for part in one.chain[1:]]
        mine = [one for one in (self.bundle.signer, *self.bundle.between, *self.bundle.roots, *sent) if one]
        return [one for one in dict.fromkeys(mine) if pem.wears_thin(one, now, warn_days)]

    def faults(self, now: datetime, warn_days: float | None) -> list[str]:
        """Give what somebody should do something about, one line each."""
        found = [f"{pem.label(one)} ends in {pem.days_left(one, now):.0f} days" for one in self.ending(now, warn_days)]
        found += [
            f"{one.istiod} serves a certificate that ends in {pem.days_left(one.chain[0], now):.0f} days"
            for one in self.served
            if one.chain and pem.wears_thin(one.chain[0], now, warn_days)
        ]
        stale = [one.namespace for one in self.roots if not one.current and self.bundle is not None]
        if stale:
            found.append(f"{len(stale)} namespaces hand out other roots: {', '.join(stale[:5])}")
        counts = self.counts
        for use, text in (
            (Use.OTHER, "have a certificate of another CA"),
            (Use.BROKEN, "have one that does not verify"),
        ):
            if counts[use]:
                found.append(f"{counts[use]} workloads {text}")
        if astray := self.astray:
            found.append(f"{len(astray)} workloads trust other roots than those of the CA")
        why = " than the first" if self.source == SERVED else ": it has not read the Secret"
        found += [f"{name} serves a certificate of another CA{why}" for name in self.behind]
        return found


def judge_workloads(seen: Sequence[Seen], bundle: Bundle | None, now: datetime) -> tuple[Workload, ...]:
    """Give the verdict on each identity of each proxy, those that need attention first."""
    found = []
    for one in seen:
        if one.fault:
            found.append(Workload(one.proxy, "", Use.UNSEEN, reason=one.fault))
        found += [_judge(one.proxy, held, bundle, now) for held in one.held]
    order = list(Use)
    return tuple(sorted(found, key=lambda one: (-order.index(one.use), one.proxy, one.identity)))


def judge_roots(maps: Sequence[tuple[str, str]], bundle: Bundle | None) -> tuple[RootMap, ...]:
    """Compare (namespace, text of ``root-cert.pem``) with the CA's roots, as sets."""
    wanted = set(bundle.roots) if bundle else set()
    found = []
    for namespace, text in sorted(maps):
        handed = tuple(pem.certificates(text.encode()))
        found.append(RootMap(namespace, set(handed) == wanted, handed))
    return tuple(found)


def _judge(proxy: str, held: Held, bundle: Bundle | None, now: datetime) -> Workload:
    leaf = held.chain[0]
    trusts = frozenset(pem.fingerprint(one) for one in held.roots)
    use, reason = _use(held, bundle.signer if bundle else None, now)
    issuer = pem.label(held.chain[1]) if len(held.chain) > 1 else pem.name_text(leaf.issuer)
    key = describe(leaf.public_key())
    return Workload(proxy, held.identity, use, issuer, key, leaf.not_valid_after_utc, trusts, reason)


def _use(held: Held, signer: x509.Certificate | None, now: datetime) -> tuple[Use, str]:
    """Say whose certificate is held, and why if something is wrong with it."""
    leaf = held.chain[0]
    if not held.identity:
        return Use.BROKEN, "it has no SPIFFE identity"
    fault = verifies(leaf, held.chain[1:], held.roots, now) if held.roots else ""
    if fault:
        return Use.BROKEN, fault
    if signer is None:
        return Use.UNSEEN, "no CA is known to compare it with"
    return (Use.CURRENT if pem.is_issued_by(leaf, signer) else Use.OTHER), ""
