"""Whether hosts and subsets of DestinationRules lead to workloads, however many there are."""

from typing import Any

import pytest

from getmesh.model.kiali_subsets import KialiSubsets, app_label
from getmesh.model.objects import Object
from getmesh.model.snapshot import KialiSettings, Settings, Snapshot
from getmesh.model.viewers import NOBODY, Viewers
from tests.fakes.manifests import manifest, world

CART = manifest("Service", "shop/cart", {"selector": {"app": "cart"}})


def _workload(name: str, **labels: str) -> Object:
    return manifest("Deployment", f"shop/{name}", {"template": {"metadata": {"labels": labels}}})


def _rule(*subsets: Any) -> Object:
    return manifest("DestinationRule", "shop/cart", {"host": "cart", "subsets": list(subsets)})


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize(
    ("labels", "matched"),
    [({"version": "v0"}, True), ({"version": "v9x"}, False), ({"app": "other", "version": "v0"}, False)],
)
def test_few_and_many_workloads_are_judged_alike(count: int, labels: dict[str, str], matched: bool) -> None:
    workloads = [_workload(f"w{number}", app="cart", version=f"v{number}") for number in range(count)]
    snapshot = world([CART, *workloads, _rule({"name": "x", "labels": labels})])
    subsets = snapshot.service(KialiSubsets)
    (facts,) = subsets.judged()
    (subset,) = subsets.subsets(facts)
    assert subset.matched == (snapshot.service(Viewers).everyone if matched else NOBODY)


def test_null_items_keep_the_places_of_the_others() -> None:
    subsets = world([CART, _rule(None, {"name": "x"})]).service(KialiSubsets)
    (facts,) = subsets.judged()
    assert [(subset.place, subset.name, subset.matched) for subset in subsets.subsets(facts)] == [(1, "x", NOBODY)]


def test_the_first_label_that_names_an_application_decides() -> None:
    labels = {"app": "a", "app.kubernetes.io/name": "b"}
    assert app_label(labels) == "b"
    assert app_label({**labels, "service.istio.io/canonical-name": "c"}) == "c"
    assert app_label({"version": "v1"}) is None
    assert app_label(labels, "app") == "a"


@pytest.mark.parametrize(("label", "known"), [("", True), ("app", True), ("team", False)])
def test_kiali_may_be_told_which_label_names_an_application(label: str, known: bool) -> None:
    settings = Settings(kiali=KialiSettings(app_label=label))
    subsets = Snapshot([_workload("w", app="cart"), _rule()], settings).service(KialiSubsets)
    (facts,) = subsets.judged()
    assert (subsets.unknown(facts) == NOBODY) is known


def test_a_workload_of_another_namespace_is_not_enough() -> None:
    elsewhere = manifest("DestinationRule", "web/cart", {"host": "cart.shop.svc.cluster.local"})
    subsets = world([_workload("w", app="cart"), elsewhere]).service(KialiSubsets)
    (facts,) = subsets.judged()
    assert subsets.unknown(facts) == facts.seen
