"""Which hosts are known from where, istioctl's way."""

from typing import Any

import pytest

from getmesh.model.objects import Object
from getmesh.model.registry import Registry
from getmesh.model.snapshot import Settings, Snapshot
from tests.fakes.manifests import manifest


def _entry(name: str, *hosts: str, export: tuple[str, ...] = (), port: int = 80) -> Object:
    spec: dict[str, Any] = {"hosts": list(hosts), "exportTo": list(export), "ports": [{"number": port}]}
    return manifest("ServiceEntry", name, spec)


def _service(name: str, *ports: int) -> Object:
    return manifest("Service", name, {"ports": [{"port": port} for port in ports], "selector": {"app": "x"}})


def _source(*objects: Object, asker: str = "shop", export: tuple[str, ...] = (), host: str) -> str:
    found = Snapshot(objects).service(Registry).resolve(asker, export, host)
    return found.source.full_name if found else ""


def test_a_service_beats_an_entry_of_its_host() -> None:
    objects = (_service("shop/cart", 80, 81), _entry("shop/a", "cart.shop.svc.cluster.local", port=443))
    found = Snapshot(objects).service(Registry).resolve("shop", (), "cart")
    assert found is not None
    assert found.ports == (80, 81)
    assert found.labels == {}


def test_of_entries_with_one_host_the_own_namespace_comes_first_then_the_smallest_name() -> None:
    objects = [_entry(name, "x.example") for name in ("c/z", "b/z", "b/a")]
    assert _source(*objects, asker="c", host="x.example") == "c/z"
    assert _source(*objects, asker="shop", host="x.example") == "b/a"


def test_what_everybody_sees_beats_what_the_own_namespace_sees() -> None:
    objects = (_entry("shop/own", "x.example", export=(".",)), _entry("z/all", "x.example"))
    assert _source(*objects, host="x.example") == "z/all"


@pytest.mark.parametrize(
    ("export", "found"),
    [((), "shop/own"), ((".",), "shop/own"), (("*",), ""), (("b",), "b/other"), (("b", "."), "b/other")],
)
def test_an_explicit_export_decides_where_private_hosts_are_looked_for(export: tuple[str, ...], found: str) -> None:
    objects = (_entry("shop/own", "x.example", export=(".",)), _entry("b/other", "x.example", export=("b",)))
    assert _source(*objects, export=export, host="x.example") == found


def test_a_wildcard_entry_covers_by_suffix_whatever_the_asker_exports() -> None:
    objects = (
        _entry("shop/wide", "*.example", export=(".",)),
        _entry("shop/near", "*.eu.example"),
        _entry("b/near", "*.eu.example", export=("shop",)),
        _entry("b/hidden", "*.de.eu.example", export=(".",)),
    )
    assert _source(*objects, export=("*",), host="a.example") == "shop/wide"
    assert _source(*objects, host="a.de.eu.example") == "b/near"
    assert _source(*objects, host="*.z.eu.example") == "b/near"
    assert _source(*objects, host="*.eu.example") == "shop/near", "the same text is no wildcard look-up"
    assert _source(*objects, asker="c", host="a.example") == ""


def test_a_wildcard_entry_is_asked_with_the_name_as_written() -> None:
    assert _source(_entry("shop/a", "*.shop.svc.cluster.local"), host="cart") == ""
    assert _source(_entry("shop/a", "*"), host="cart") == "shop/a"


def test_a_wildcard_over_services_is_unknown() -> None:
    assert _source(_service("shop/cart", 80), host="*.shop.svc.cluster.local") == ""


def test_a_service_is_seen_where_its_annotation_says() -> None:
    service = _service("shop/cart", 80)
    hidden = manifest("Service", "shop/cart", {}, annotations={"networking.istio.io/exportTo": " front ,ops"})
    registry = Snapshot([hidden]).service(Registry)
    assert registry.resolve("shop", (), "cart") is None
    assert registry.resolve("shop", ("ops",), "cart") is not None
    assert registry.shown_elsewhere("shop", (), "cart") == ["front", "ops"]
    assert registry.shown_elsewhere("shop", ("ops", "."), "cart") == ["ops"]
    assert registry.shown_elsewhere("shop", (".",), "cart") == []
    assert Snapshot([service]).service(Registry).shown_elsewhere("shop", (), "cart") == []


def test_the_cluster_may_have_another_domain() -> None:
    registry = Snapshot([_service("shop/cart", 80)], Settings(cluster_domain="mesh.internal")).service(Registry)
    assert registry.resolve("front", (), "cart.shop.svc.mesh.internal") is not None
    assert registry.resolve("front", (), "cart.shop.svc.cluster.local") is None


def test_port_numbers_may_be_quoted_in_an_entry() -> None:
    entry = manifest("ServiceEntry", "shop/a", {"hosts": ["x.example"], "ports": [{"number": "443"}, None]})
    found = Snapshot([entry]).service(Registry).resolve("shop", (), "x.example")
    assert found is not None
    assert found.ports == (443, 0)
