"""Who sees and who imports what."""

from typing import Any

import pytest

from getmesh.model.kiali_visibility import KialiVisibility
from getmesh.model.objects import Object
from getmesh.model.viewers import NOBODY, Viewers
from tests.fakes.manifests import manifest, namespaces, world


def _sidecar(namespace: str, *hosts: Any, **spec: Any) -> Object:
    return manifest("Sidecar", f"{namespace}/default", {"egress": [{"hosts": list(hosts)}], **spec})


@pytest.mark.parametrize(
    ("exported", "seen"),
    [
        ([], None),
        (["*"], None),
        (["~"], None),
        ([""], None),
        (["web", "ghost"], None),
        (["."], {"shop"}),
        (["web", "."], {"shop", "web"}),
        (["web"], {"web"}),
    ],
)
def test_a_list_without_unknown_names_is_a_finite_set(exported: list[str], seen: set[str] | None) -> None:
    visibility = world(namespaces("shop", "web")).service(KialiVisibility)
    found = visibility.config(manifest("VirtualService", "shop/a", {"exportTo": exported}))
    assert found == (None if seen is None else frozenset(seen))


def test_an_empty_list_means_the_meshs_default_of_the_kind() -> None:
    mesh = {"defaultVirtualServiceExportTo": ["."], "defaultServiceExportTo": ["web"]}
    visibility = world([*namespaces("shop", "web"), manifest("Namespace", "attic")], mesh).service(KialiVisibility)
    assert visibility.config(manifest("VirtualService", "shop/a")) == frozenset({"shop"})
    assert visibility.config(manifest("ServiceEntry", "shop/a")) == frozenset({"web"})
    assert visibility.config(manifest("DestinationRule", "shop/a")) is None
    assert visibility.config(manifest("VirtualService", "attic/a")) is None, "no control plane, no default"


def test_objects_of_ambient_namespaces_are_seen_at_home_only() -> None:
    ambient = manifest("Namespace", "shop", labels={"istio.io/dataplane-mode": "ambient"})
    visibility = world([ambient]).service(KialiVisibility)
    assert visibility.config(manifest("VirtualService", "shop/a", {"exportTo": ["*"]})) == frozenset({"shop"})


def test_private_objects_of_unmanaged_namespaces_are_seen_by_nobody() -> None:
    snapshot = world([manifest("Namespace", "attic"), *namespaces("shop")])
    viewers = snapshot.service(Viewers)
    assert viewers.seen(manifest("VirtualService", "attic/a", {"exportTo": ["."]})) == NOBODY
    assert viewers.seen(manifest("VirtualService", "attic/b")) == viewers.everyone


def test_without_sidecars_everybody_imports_everything() -> None:
    viewers = world(namespaces("shop", "web")).service(Viewers)
    rule = manifest("DestinationRule", "shop/a", {"exportTo": ["web"]})
    assert viewers.inside(rule, ["cart"]) == viewers.bit("web")
    assert viewers.importers("cart", "shop") == viewers.everyone


@pytest.mark.parametrize(
    ("entries", "imported"),
    [
        (["*/*"], True),
        (["shop/*"], True),
        (["web/*"], False),
        (["./*"], False),
        (["shop/cart"], True),
        (["shop/cart.shop"], True),
        (["shop/cart.shop.svc.cluster.local"], True),
        (["shop/*.shop.svc.cluster.local"], True),
        (["*/*.cluster.local"], True),
        (["shop/*.svc"], False),
        (["shop/pay"], False),
        (["~shop/*"], False),
        (["*/*", "~shop/cart"], False),
        (["*/*", "~/pay"], True),
        (["*/*", "~/*"], False),
        (["no-slash"], True),
    ],
)
def test_an_egress_host_imports_by_namespace_and_name(entries: list[str], imported: bool) -> None:
    viewers = world([*namespaces("shop", "web"), _sidecar("web", *entries)]).service(Viewers)
    assert bool(viewers.importers("cart", "shop") & viewers.bit("web")) is imported


def test_external_hosts_belong_to_the_namespace_of_their_object() -> None:
    viewers = world([*namespaces("shop", "web"), _sidecar("web", "shop/*.example.com")]).service(Viewers)
    assert viewers.importers("api.example.com", "shop") & viewers.bit("web")
    assert not viewers.importers("api.example.com", "web") & viewers.bit("web")
    assert not viewers.importers("api.example.org", "shop") & viewers.bit("web")


def test_a_wildcard_is_imported_if_an_entry_lies_under_it() -> None:
    viewers = world([*namespaces("shop", "web"), _sidecar("web", "shop/cart.shop.svc.cluster.local")]).service(Viewers)
    assert viewers.importers("*.shop.svc.cluster.local", "shop") & viewers.bit("web")
    assert not viewers.importers("", "shop") & viewers.bit("web")


def test_the_root_namespaces_sidecar_holds_for_those_without_one() -> None:
    sidecars = [_sidecar("istio-system", "./*"), _sidecar("web", "shop/*")]
    viewers = world([*namespaces("shop", "web", "ops"), *sidecars]).service(Viewers)
    assert list(viewers.members(viewers.importers("cart", "shop"))) == ["shop", "web"]
    assert list(viewers.members(viewers.importers("cart", "ops"))) == ["ops"]


def test_sidecars_with_labels_and_without_entries_limit_nobody() -> None:
    labelled = _sidecar("web", "ghost/*", workloadSelector={"labels": {"app": "x"}})
    empty = manifest("Sidecar", "shop/default", {"egress": [{"hosts": ["junk", None]}, None]})
    viewers = world([*namespaces("shop", "web"), labelled, empty]).service(Viewers)
    assert viewers.importers("cart", "ops") == viewers.everyone


def test_an_ambient_namespace_ignores_its_sidecar() -> None:
    ambient = manifest("Namespace", "web", labels={"istio.io/dataplane-mode": "ambient"})
    viewers = world([ambient, _sidecar("web", "ghost/*")]).service(Viewers)
    assert viewers.importers("cart", "shop") == viewers.everyone


def test_a_note_names_the_first_of_those_who_are_meant() -> None:
    viewers = world(namespaces("shop", "web")).service(Viewers)
    some = viewers.bit("shop") | viewers.bit("web")
    assert viewers.note(some, viewers.everyone) == ", seen from namespace 'shop' and 1 more"
    assert viewers.note(viewers.bit("web"), viewers.everyone) == ", seen from namespace 'web'"
    assert viewers.note(some, some) == ""
    assert viewers.bit("ghost") == NOBODY
