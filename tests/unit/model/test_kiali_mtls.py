"""When mutual TLS counts as on, by what servers and clients are told."""

from itertools import product
from typing import Any

import pytest

from getmesh.model.kiali_mtls import KialiMtls, client_mode, peer_mode, wide_mode
from getmesh.model.objects import Object
from tests.fakes.manifests import manifest, world

ROOT = "istio-system"


def _peer(namespace: str, mode: str | None, **labels: str) -> Object:
    spec: dict[str, Any] = {} if mode is None else {"mtls": {"mode": mode} if mode else {}}
    if labels:
        spec["selector"] = {"matchLabels": labels}
    return manifest("PeerAuthentication", f"{namespace}/{mode or 'none'}-{len(labels)}".lower(), spec)


def _rule(namespace: str, host: str, mode: str, **spec: Any) -> Object:
    policy = {"host": host, "trafficPolicy": {"tls": {"mode": mode} if mode else {}}, **spec}
    return manifest("DestinationRule", f"{namespace}/{mode or 'none'}".lower(), policy)


def _mtls(*objects: Object, auto: bool = True, **mesh: Any) -> KialiMtls:
    shop = manifest("Namespace", "shop", labels={"istio-injection": "enabled"})
    return world([shop, *objects], {"enableAutoMtls": auto, **mesh}).service(KialiMtls)


@pytest.mark.parametrize(
    ("spec", "mode"),
    [({}, ""), ({"mtls": {}}, "UNSET"), ({"mtls": {"mode": 3}}, "STRICT"), ({"mtls": {"mode": "DISABLE"}}, "DISABLE")],
)
def test_an_absent_mode_is_the_first_one_and_an_absent_block_none(spec: dict[str, Any], mode: str) -> None:
    assert peer_mode(manifest("PeerAuthentication", "shop/p", spec)) == mode


def test_a_selector_of_any_kind_makes_a_policy_less_than_namespace_wide() -> None:
    strict = {"mtls": {"mode": "STRICT"}}
    assert wide_mode(manifest("PeerAuthentication", "shop/p", strict)) == "STRICT"
    assert wide_mode(manifest("PeerAuthentication", "shop/p", {**strict, "selector": {}})) == ""


def test_a_client_rule_without_mode_turns_mutual_tls_off() -> None:
    assert client_mode(_rule("shop", "a", "")) == "DISABLE"
    assert client_mode(manifest("DestinationRule", "shop/d", {"host": "a"})) == ""


@pytest.mark.parametrize(("auto", "expected"), [(True, True), (False, False)])
def test_where_nothing_is_said_automatic_mutual_tls_decides(*, auto: bool, expected: bool) -> None:
    assert _mtls(auto=auto).namespace_on("shop") is expected


@pytest.mark.parametrize("mode", ["UNSET", ""])
def test_a_namespace_without_mode_inherits_from_the_mesh(mode: str) -> None:
    assert _mtls(_peer("shop", mode)).namespace_on("shop")
    assert not _mtls(_peer("shop", mode), _peer(ROOT, "DISABLE")).namespace_on("shop")


@pytest.mark.parametrize(
    ("objects", "auto", "expected"),
    [
        ([_peer("shop", "STRICT")], True, True),
        ([_peer("shop", "STRICT")], False, False),
        ([_peer("shop", "DISABLE")], True, False),
        ([_peer(ROOT, "DISABLE")], True, False),
        ([_peer(ROOT, "DISABLE"), _peer("shop", "PERMISSIVE")], True, True),
        ([_peer("shop", "STRICT"), _rule("shop", "*.shop.svc.cluster.local", "ISTIO_MUTUAL")], False, True),
        ([_peer("shop", "STRICT"), _rule("shop", "*.shop.svc.cluster.local", "DISABLE")], True, False),
        ([_peer("shop", "STRICT"), _rule(ROOT, "*.local", "ISTIO_MUTUAL")], False, True),
        ([_peer("shop", "STRICT"), _rule(ROOT, "*.local", "ISTIO_MUTUAL", exportTo=["."])], False, False),
        ([_peer("shop", "STRICT"), _rule("shop", "*.shop", "ISTIO_MUTUAL")], False, False),
        ([_rule("shop", "*.shop.svc.cluster.local", "ISTIO_MUTUAL")], True, True),
        ([_rule("shop", "*.shop.svc.cluster.local", "DISABLE")], True, False),
        ([_rule("shop", "*.shop.svc.cluster.local", "SIMPLE"), _peer(ROOT, "STRICT")], True, False),
    ],
)
def test_servers_and_clients_together_decide(objects: list[Object], *, auto: bool, expected: bool) -> None:
    assert _mtls(*objects, auto=auto).namespace_on("shop") is expected


def test_strict_servers_and_mutual_clients_are_on_whatever_the_mesh_says() -> None:
    for auto, mesh in product((True, False), ("STRICT", "PERMISSIVE", "DISABLE", "UNSET")):
        mtls = _mtls(
            _peer("shop", "STRICT"), _rule("shop", "*.shop.svc.cluster.local", "MUTUAL"), _peer(ROOT, mesh), auto=auto
        )
        assert mtls.namespace_on("shop"), (auto, mesh)


def test_the_policy_of_a_workload_beats_that_of_its_namespace() -> None:
    namespace = _peer("shop", "DISABLE")
    for mode, expected in (("STRICT", True), ("DISABLE", False), ("PERMISSIVE", True), ("UNSET", False)):
        mtls = _mtls(namespace, _peer("shop", mode, app="a"))
        assert mtls.policy_on("shop", {"app": "a", "v": "1"}) is expected, mode
        assert not mtls.policy_on("shop", {"v": "1"})
        assert not mtls.policy_on("shop", {})


@pytest.mark.parametrize("host", ["cart", "cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local"])
@pytest.mark.parametrize(("mode", "expected"), [("DISABLE", False), ("ISTIO_MUTUAL", True), ("SIMPLE", True)])
def test_rules_for_the_service_settle_a_permissive_workload(host: str, mode: str, *, expected: bool) -> None:
    service = manifest("Service", "shop/cart", {"selector": {"app": "a", "tier": "b"}})
    mtls = _mtls(service, _peer("shop", "PERMISSIVE", app="a"), _rule("shop", host, mode))
    assert mtls.policy_on("shop", {"app": "a"}) is expected


def test_a_short_host_elsewhere_means_another_service() -> None:
    service = manifest("Service", "shop/cart", {"selector": {"app": "a"}})
    mtls = _mtls(service, _peer("shop", "PERMISSIVE", app="a"), _rule("bank", "cart", "DISABLE"))
    assert mtls.policy_on("shop", {"app": "a"})
