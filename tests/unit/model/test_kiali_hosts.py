"""How Kiali reads hosts and finds them in the registry."""

import pytest

from getmesh.model.kiali_hosts import KialiHosts, wildcards_over, within
from getmesh.model.kiali_registry import KialiRegistry
from getmesh.model.viewers import Viewers
from tests.fakes.manifests import manifest, namespaces, world


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("cart", "cart.shop.svc.cluster.local"),
        ("cart.bank", "cart.bank.svc.cluster.local"),
        ("cart.shop", "cart.shop.svc.cluster.local"),
        ("cart.ghost", "cart.ghost"),
        ("cart.kube-system", "cart.kube-system"),
        ("cart.ghost.svc", "cart.ghost.svc.cluster.local"),
        ("cart.ghost.svc.cluster.local", "cart.ghost.svc.cluster.local"),
        ("cart.ghost.svc.cluster.LOCAL", "cart.ghost.svc.cluster.LOCAL"),
        ("a.b.example", "a.b.example"),
        ("*", "*.shop.svc.cluster.local"),
        ("*.bank.svc", "*.bank.svc.cluster.local"),
        ("*.example.com", "*.example.com"),
        ("a.", "a..svc.cluster.local"),
        ("", ".shop.svc.cluster.local"),
    ],
)
def test_a_host_is_a_service_in_some_forms_and_external_in_others(host: str, text: str) -> None:
    hosts = world(namespaces("bank", "kube-system")).service(KialiHosts)
    found = hosts.resolve(host, "shop")
    assert found.text == text
    assert found.full == (found.text != host or host.endswith(".svc.cluster.local"))


@pytest.mark.parametrize("host", ["cart.bank", "cart.bank.svc"])
def test_the_stricter_reading_takes_two_and_three_parts_as_external(host: str) -> None:
    hosts = world(namespaces("bank")).service(KialiHosts)
    assert not hosts.strict(host, "shop").full
    assert hosts.resolve(host, "shop").full
    assert hosts.strict("cart.bank.svc.cluster.local", "shop") == hosts.resolve(host, "shop")
    assert hosts.strict("cart", "shop") == hosts.resolve("cart", "shop")


def test_both_the_trust_domain_and_the_dns_suffix_make_full_names() -> None:
    hosts = world(namespaces("shop"), {"trustDomain": "corp"}).service(KialiHosts)
    assert hosts.resolve("cart.shop.svc.corp", "x") == hosts.resolve("cart.shop.svc.cluster.local", "x")
    assert hosts.resolve("cart", "shop").text == "cart.shop.svc.corp"


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("edge", "edge.shop.svc.cluster.local"),
        ("ingress/edge", "edge.ingress.svc.cluster.local"),
        ("edge.ingress", "edge.ingress.svc.cluster.local"),
        ("edge.ingress.svc.cluster.local", "edge.ingress.svc.cluster.local"),
        ("edge.ingress.svc", "edge.ingress.svc"),
        ("./edge", "./edge.svc.cluster.local"),
        ("ingress/edge.v2", "ingress/edge.v2.svc.cluster.local"),
        ("", ".shop.svc.cluster.local"),
    ],
)
def test_gateway_references_are_cut_at_dots_before_slashes(reference: str, text: str) -> None:
    assert world([]).service(KialiHosts).gateway(reference, "shop") == text


def test_a_host_refers_to_its_own_text_and_to_what_it_abbreviates() -> None:
    hosts = world(namespaces("shop")).service(KialiHosts)
    assert hosts.targets(hosts.resolve("cart", "shop")) == ("cart.shop.svc.cluster.local",)
    assert hosts.targets(hosts.resolve("cart.ghost", "shop")) == ("cart.ghost", "cart.ghost.svc.cluster.local")
    assert hosts.targets(hosts.resolve("a.b.example.", "shop")) == ("a.b.example.", "a.b.example")


@pytest.mark.parametrize(
    ("host", "pair"),
    [("cart", ("cart", "shop")), ("api.pay.example", ("api", "pay")), ("a.b", ("a", "b"))],
)
def test_an_external_host_lends_its_first_two_labels(host: str, pair: tuple[str, str]) -> None:
    assert world(namespaces("shop")).service(KialiHosts).resolve(host, "shop").pair == pair


def test_a_wildcard_covers_whole_labels() -> None:
    assert within("a.b.example", "*.example")
    assert within("*.b.example", "*.example")
    assert within("anything", "*")
    assert not within("bexample", "*.example")
    assert not within("example", "*.example")
    assert not within("a.example", "*example")
    assert list(wildcards_over("a.b.c")) == ["*.b.c", "*.c", "*"]
    assert all(within("a.b.c", over) for over in wildcards_over("a.b.c"))


def test_a_service_is_found_by_each_of_its_full_forms_by_those_who_see_it() -> None:
    private = manifest("Service", "shop/cart", annotations={"networking.istio.io/exportTo": " . ,"})
    registry = world([private, *namespaces("bank")]).service(KialiRegistry)
    for text in ("cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local"):
        assert registry.has_service(text, "shop")
        assert not registry.has_service(text, "bank")
    assert not registry.has_service("cart", "shop")
    assert not registry.has_service("cart.shop.svc.example", "shop")
    assert registry.service("cart", "shop") is private


def test_services_of_hidden_namespaces_are_found() -> None:
    registry = world([manifest("Service", "kube-system/dns")]).service(KialiRegistry)
    assert registry.has_service("dns.kube-system.svc.cluster.local", "shop")


@pytest.mark.parametrize(
    ("annotation", "to", "visible"),
    [
        (None, "bank", True),
        ("", "bank", True),
        ("*", "bank", True),
        ("bank, web", "bank", True),
        ("web", "bank", False),
        ("~", "shop", False),
        (".", "shop", True),
        (".", "bank", False),
    ],
)
def test_a_services_annotation_says_who_sees_it(annotation: str | None, to: str, visible: bool) -> None:
    annotations = {} if annotation is None else {"networking.istio.io/exportTo": annotation}
    registry = world([manifest("Service", "shop/cart", annotations=annotations)]).service(KialiRegistry)
    assert registry.has_service("cart.shop", to) is visible


def test_a_service_entry_covers_hosts_by_their_end() -> None:
    entries = [
        manifest("ServiceEntry", "shop/a", {"hosts": ["bank.example", None, 7]}),
        manifest("ServiceEntry", "shop/b", {"hosts": ["x*.org"], "exportTo": ["."]}),
        manifest("ServiceEntry", "kube-system/c", {"hosts": ["*"]}),
    ]
    snapshot = world([*entries, *namespaces("shop", "web")])
    registry, viewers = snapshot.service(KialiRegistry), snapshot.service(Viewers)
    assert registry.cover("mybank.example") == viewers.everyone
    assert registry.cover("a.org") == viewers.bit("shop")
    assert registry.has_entry("a.org", "shop")
    assert not registry.has_entry("a.org", "web")
    assert registry.cover("example") == 0
    assert registry.cover("org") == 0


def test_a_star_alone_covers_everything() -> None:
    snapshot = world([manifest("ServiceEntry", "shop/a", {"hosts": ["*"]})])
    assert snapshot.service(KialiRegistry).cover("x") == snapshot.service(Viewers).everyone
