"""IST0149: a VirtualService routes by JWT claims that no RequestAuthentication of the gateway's pods extracts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.gateways import MESH, Gateways, references, selector, split_reference
from getmesh.model.objects import Field, Object, as_map, as_strings
from getmesh.model.pods import Pods
from getmesh.model.routes import matches_of, routes
from getmesh.model.selectors import SelectorIndex, selector_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0149",
    name="virtualservice-claim-unauthenticated",
    severity=Severity.ERROR,
    title="Routing by JWT claims needs a RequestAuthentication at the gateway",
    means="A match asks for a claim of the token, and no RequestAuthentication applies to pods of the gateway.",
    why="The gateway validates no token there and so knows no claims: the match never holds.",
    fix="Add a RequestAuthentication that selects the gateway's pods, in their namespace.",
    message="claim {claim!r} is unknown to gateway {gateway!r}: no RequestAuthentication applies to its pods {pods}",
    reads=("VirtualService", "RequestAuthentication"),
    uses=(Gateways, Pods),
    since="0.1",
    istio=">=1.12",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0149/",
)

_CLAIMS: Final = "@request.auth.claims"
_SYSTEM: Final = "istio-system"


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding, at the first claim, for each gateway that has pods without a RequestAuthentication."""
    policies: defaultdict[str, SelectorIndex[bool]] = defaultdict(SelectorIndex)
    for policy in snapshot.each("RequestAuthentication"):
        policies[policy.namespace].add(as_strings(as_map(policy.spec.get("selector")).get("matchLabels")), True)
    gateways, pods = snapshot.service(Gateways), snapshot.service(Pods)
    bare: dict[str, str] = {}
    for route in snapshot.each("VirtualService"):
        claim = _first_claim(route) if route.spec.get("gateways") else None
        for place in references(route) if claim else ():
            gateway = gateways.istio(split_reference(route.namespace, place.text))
            if gateway is None or place.text == MESH or claim is None:
                continue
            text = selector_text(selector(gateway))
            if text not in bare:
                chosen = pods.select(selector(gateway))
                bare[text] = listing(sorted(pod.full_name for pod in chosen if not _covered(pod, policies)))
            if bare[text]:
                yield META.at(claim, claim=claim.path[-1], gateway=gateway.full_name, pods=bare[text])


def _covered(pod: Object, policies: Mapping[str, SelectorIndex[bool]]) -> bool:
    found = (policies.get(namespace) for namespace in (_SYSTEM, pod.namespace))
    return any(index.any(pod.labels) for index in found if index is not None)


def _first_claim(route: Object) -> Field | None:
    for path, item in routes(route, "http"):
        for index, match in enumerate(matches_of(item)):
            for key in ("headers", "withoutHeaders"):
                for name in as_map(match.get(key)):
                    if _is_claim(str(name)):
                        return route.field(*path, "match", index, key, name)
    return None


def _is_claim(name: str) -> bool:
    if not name.lower().startswith(_CLAIMS):
        return False
    rest = name[len(_CLAIMS) :]
    return len(rest) > 1 if rest.startswith(".") else rest[:1] == "[" and rest[-1] == "]" and len(rest) > len("[]")
