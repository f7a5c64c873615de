"""The indexes behind Kiali's rules answer as walking everything would."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from getmesh.model.kiali_accounts import KialiAccounts
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_policies import match_labels, service_targets, target_refs
from getmesh.model.kiali_reach import HttpPolicyReach
from getmesh.model.kiali_workload import Workload
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.objects import Object
from getmesh.model.selectors import matches
from tests.fakes.manifests import manifest, namespaces, world

LABELS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=2)
PLACES = st.sampled_from(["shop", "bank"])
PARTS = st.lists(st.sampled_from(["*", "cluster.local", "/ns/", "shop", "bank", "/sa/", "default", "x"]), max_size=6)


def _policies(draw: st.DrawFn) -> list[Object]:
    rules = [{"to": [{"operation": {"methods": ["GET"]}}]}]
    found = []
    for number in range(draw(st.integers(0, 5))):
        spec: dict[str, Any] = {"rules": rules, "selector": {"matchLabels": draw(LABELS)}}
        if draw(st.booleans()):
            spec["targetRefs"] = [{"kind": "Service", "name": draw(st.sampled_from(["s0", "s1"]))}]
        found.append(manifest("AuthorizationPolicy", f"{draw(PLACES)}/p{number}", spec))
    return found


@st.composite
def meshes(draw: st.DrawFn) -> list[Object]:
    """Draw some Pods, Services and policies in two namespaces."""
    pods = [
        manifest("Pod", f"{draw(PLACES)}/w{number}", labels=draw(LABELS)) for number in range(draw(st.integers(1, 5)))
    ]
    services = [
        manifest("Service", f"{draw(PLACES)}/s{number}", {"selector": draw(LABELS)})
        for number in range(draw(st.integers(0, 3)))
    ]
    return [*namespaces("shop", "bank"), *pods, *services, *_policies(draw)]


def _reaches(policy: Object, workload: Workload, services: list[Object]) -> bool:
    if policy.namespace != workload.namespace:
        return False
    if not target_refs(policy):
        return matches(match_labels(policy), workload.labels)
    names = {service.name for service in services}
    return any(name in names for name in service_targets(policy))


@given(meshes())
def test_services_and_policies_reach_what_their_labels_say(objects: list[Object]) -> None:
    snapshot = world(objects)
    ambient, reach = snapshot.service(KialiAmbient), snapshot.service(HttpPolicyReach)
    for workload in snapshot.service(KialiWorkloads).all:
        selecting = [
            service
            for service in snapshot.within("Service", workload.namespace)
            if service.spec["selector"] and matches(service.spec["selector"], workload.labels)
        ]
        assert sorted(service.name for service in ambient.services_of(workload)) == [item.name for item in selecting]
        expected = [item for item in snapshot.each("AuthorizationPolicy") if _reaches(item, workload, selecting)]
        assert reach.first(workload) == min(expected, key=lambda policy: policy.name, default=None)


@given(PARTS.map("".join), st.lists(PLACES, max_size=2))
def test_a_principal_is_compared_with_each_identity(principal: str, places: list[str]) -> None:
    accounts = world([manifest("Pod", f"{place}/p") for place in places]).service(KialiAccounts)
    identities = [f"cluster.local/ns/{place}/sa/default" for place in places]
    if principal.startswith("*"):
        expected = principal == "*" or any(name.endswith(principal[1:]) for name in identities)
    elif principal.endswith("*"):
        expected = any(name.startswith(principal[:-1]) for name in identities)
    else:
        expected = principal in identities
    assert accounts.satisfied(principal) is expected
