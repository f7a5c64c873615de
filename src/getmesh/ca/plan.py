"""What a rotation will touch, stage by stage: as exactly as the new CA is known."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.cacerts import NAME, NEXT
from getmesh.ca.issuing import SELF_SIGNED
from getmesh.ca.istiod import MULTI_ROOT, PUSHED_ROOTS, Istiods
from getmesh.ca.stages import Stage, Standing, Way, awaits, stages_of, way_of
from getmesh.ca.survey import ROOT_MAP
from getmesh.errors import ClusterError

_TITLES: Final = {
    Way.SAME_ROOT: "to a CA of the same root",
    Way.NEW_ROOT: "to a CA of another root",
    Way.SELF_SIGNED: "from istiod's own CA to one that is plugged in",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the new CA.

    Attributes:
        signer: its certificate, None before it is issued.
        roots: its anchors, empty before anybody was asked.
        chain: what stands between them.
    """

    signer: x509.Certificate | None = None
    roots: tuple[x509.Certificate, ...] = ()
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def bundle(self) -> Bundle:
        """What is known, without a key."""
        certificate = pem.encode([self.signer]) if self.signer else b""
        return Bundle(certificate, b"", pem.encode(self.chain), pem.encode(self.roots))


def known(bundle: Bundle) -> Known:
    """Give all that is known of a CA that is there."""
    return Known(bundle.signer, tuple(bundle.roots), tuple(bundle.between))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the plan depends on besides the two CAs.

    Attributes:
        namespace: istiod's.
        istiods: names of its Deployments.
        single_rooted: those that take other roots only at their start.
        pushed: whether proxies learn of new roots at once; None if that is not known.
        gaps: what could not be looked at.
    """

    namespace: str
    istiods: tuple[str, ...] = ()
    single_rooted: tuple[str, ...] = ()
    pushed: bool | None = None
    gaps: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Entry:
    """A stage of a plan.

    Attributes:
        stage: its name.
        mark: ``done``, ``next`` or ``""``.
        awaits: what has to be seen at every workload first, ``""`` for nothing.
        touches: what it changes, one line each.
    """

    stage: str
    mark: str
    awaits: str
    touches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One way with its stages."""

    way: Way
    title: str
    entries: tuple[Entry, ...]


def look(istiods: Istiods, namespace: str) -> Surroundings:
    """Look at what a plan depends on; what cannot be seen becomes a gap."""
    gaps: list[str] = []
    names: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    pushed = None
    try:
        names, single = tuple(istiods.names()), tuple(istiods.single_rooted())
    except ClusterError as error:
        gaps.append(f"whether istiod takes other roots while it runs: {error.message}")
    try:
        pushed = istiods.push_roots()
    except ClusterError as error:
        gaps.append(f"whether proxies learn of new roots at once: {error.message}")
    return Surroundings(namespace, names, single, pushed, tuple(gaps))


def plans(present: Bundle, new: Known, around: Surroundings, *, plugged_in: bool) -> list[Plan]:
    """Give the plan of a rotation that has not begun, or, if the new CA's root is not known, of every way there is."""
    if new.roots:
        ways = [way_of(present, new.bundle, plugged_in=plugged_in)]
    else:
        ways = [Way.SAME_ROOT, Way.NEW_ROOT] if plugged_in else [Way.SELF_SIGNED]
    old, coming = ({pem.fingerprint(one) for one in roots} for roots in (present.roots, new.roots))
    found = []
    for way in ways:
        stages = stages_of(way, old, coming)
        entries = [Entry("begin", "next", "", (f"Secret {around.namespace}/{NEXT} is made: it keeps the new CA",))]
        entries += [Entry(str(one), "", _awaits(one, way), _touches(one, present, new, around)) for one in stages]
        found.append(Plan(way, _TITLES[way], tuple(entries)))
    return found


def plan_of(standing: Standing, around: Surroundings) -> Plan:
    """Give the plan of a rotation that is under way."""
    new = known(standing.new)
    marks = dict.fromkeys(standing.passed, "done") | {standing.next: "next"}
    entries = (
        Entry(str(one), marks.get(one, ""), _awaits(one, standing.way), _touches(one, standing.present, new, around))
        for one in standing.stages
    )
    return Plan(standing.way, _TITLES[standing.way], tuple(entries))


def _awaits(stage: Stage, way: Way) -> str:
    handed = " and istiod hands out the new root alone" if stage is Stage.FINISH and way is not Way.SAME_ROOT else ""
    return f"{awaits(stage, way)}{handed}"


def _touches(stage: Stage, present: Bundle, new: Known, around: Surroundings) -> tuple[str, ...]:
    secret = f"Secret {around.namespace}/{NAME}"
    signer = pem.label(new.signer) if new.signer else "the new CA"
    if stage is Stage.FINISH:
        return (f"Secret {around.namespace}/{NEXT} is removed",)
    if stage is Stage.SWITCH:
        return (f"{secret}: ca-cert.pem, ca-key.pem and cert-chain.pem become those of {signer}; root-cert.pem stays",)
    restart = _restart(stage, around)
    handed = f"ConfigMap {ROOT_MAP} of every namespace follows, written by istiod; {_learning(around)}"
    if stage is Stage.DROP_ROOT:
        dropped = _names([one for one in present.roots if one not in new.roots]) if new.roots else "the old root"
        return (f"{secret}: root-cert.pem loses {dropped or 'the old root'}", *restart, handed)
    gained = _names(one for one in new.roots if one not in present.roots) or "the new root"
    if stage is Stage.ADD_ROOT:
        return (f"{secret}: root-cert.pem gets {gained}; certificate, key and chain stay", *restart, handed)
    own = f"the CA in {around.namespace}/{SELF_SIGNED}, which goes on signing"
    return (f"{secret} is made of {own}; root-cert.pem is its root and {gained}", *restart, handed)


def _restart(stage: Stage, around: Surroundings) -> tuple[str, ...]:
    if stage is Stage.ADOPT:
        named = _deployments(around.istiods)
        return (f"{named} restarted, with --restart-istiod: plugged-in CAs are looked for at the start only",)
    if around.single_rooted:
        why = f"without {MULTI_ROOT}=true other roots are ignored while it runs"
        return (f"{_deployments(around.single_rooted)} restarted, with --restart-istiod: {why}",)
    if not around.istiods:
        return (f"istiod is restarted, with --restart-istiod, unless it has {MULTI_ROOT}=true",)
    return ()


def _deployments(names: tuple[str, ...]) -> str:
    if not names:
        return "istiod is"
    return f"Deployment{'s' * (len(names) > 1)} {', '.join(names)} {'are' if len(names) > 1 else 'is'}"


def _learning(around: Surroundings) -> str:
    if around.pushed:
        return f"proxies learn of it at once ({PUSHED_ROOTS})"
    return "proxies learn of it at their next renewal, within about 12 hours, or when they are restarted"


def _names(roots: Iterable[x509.Certificate]) -> str:
    return ", ".join(map(pem.label, roots))
