"""Dumps of every kind of proxy are read, and the verdicts on them are right."""

import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.dumps import read_dump
from getmesh.ca.handshake import sign_leaf
from getmesh.ca.keys import load_private
from getmesh.ca.metrics import render
from getmesh.ca.status import Status, Use, judge_roots, judge_workloads
from getmesh.ca.survey import Scope, survey
from getmesh.ca.workloads import Proxy, list_proxies, look, through_api
from getmesh.errors import ClusterError, InputError
from tests.fakes.authorities import NOW, good_bundle, make
from tests.fakes.pod_streams import DeadEnd, HttpEnd
from tests.fakes.secrets_api import SecretsApi

ROOT = make("root", days=3650)
CA = good_bundle("mesh ca", ROOT)
IDENTITY = "spiffe://cluster.local/ns/shop/sa/cart"


def leaf(bundle: Bundle = CA, identity: str = IDENTITY) -> bytes:
    assert bundle.signer is not None
    return sign_leaf(bundle.signer, load_private(bundle.key, None, "ca"), NOW, identity)[0] + bundle.chain


def b64(text: bytes) -> dict[str, str]:
    return {"inline_bytes": b64encode(text).decode()}


def raw_dump(chain: bytes, roots: bytes) -> dict[str, Any]:
    tls = {"tls_certificate": {"certificate_chain": b64(chain), "private_key": {"inline_string": "[redacted]"}}}
    active = [
        {"name": "default", "secret": {"@type": "x", "name": "default", **tls}},
        {"name": "ROOTCA", "secret": {"validation_context": {"trusted_ca": b64(roots)}}},
    ]
    warming = [{"name": "other", "version_info": "uninitialized"}]
    return {"configs": [{"@type": "x", "dynamic_active_secrets": active, "dynamic_warming_secrets": warming}]}


def camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key.split("_")[0] + "".join(map(str.title, key.split("_")[1:])): camel(one) for key, one in value.items()
        }
    return [camel(one) for one in value] if isinstance(value, list) else value


def ztunnel(chain: bytes, roots: bytes, *, old: bool = False) -> list[dict[str, Any]]:
    parts = [{"pem": block.text.decode(), "serialNumber": "1"} for block in pem.blocks(chain)]
    anchors = [{"pem": block.text.decode()} for block in pem.blocks(roots)]
    if old:
        return [{"identity": IDENTITY, "state": "Available", "certChain": parts + anchors}]
    return [{"identity": IDENTITY, "state": "Available", "certChain": parts, "rootCerts": anchors}]


@pytest.mark.parametrize(
    "dump",
    [
        raw_dump(leaf(), CA.root),
        camel(raw_dump(leaf(), CA.root))["configs"][0],
        camel(raw_dump(leaf(), CA.root)),
        ztunnel(leaf(), CA.root),
        ztunnel(leaf(), CA.root, old=True),
        {"certificates": ztunnel(leaf(), CA.root)},
    ],
    ids=["envoy", "istioctl", "camel", "ztunnel", "old ztunnel", "ztunnel's own"],
)
def test_a_dump_of_any_proxy_gives_identity_chain_and_roots(dump: Any) -> None:
    (held,) = read_dump(json.dumps(dump).encode(), "dump")
    assert held.identity == IDENTITY
    assert held.chain[1] == CA.signer
    assert list(held.roots) == CA.roots


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", '{"configs": [{"dynamic_active_secrets": []}]}'])
def test_what_is_no_dump_is_refused(text: str) -> None:
    if text == "[]":
        assert read_dump(b"[]", "dump") == []
        return
    with pytest.raises(InputError):
        read_dump(text.encode(), "dump")


def verdict(chain: bytes, roots: bytes, bundle: Bundle | None = CA) -> Any:
    def fetch(_proxy: Proxy) -> bytes:
        return json.dumps(raw_dump(chain, roots)).encode()

    return judge_workloads(look([Proxy("shop", "cart")], fetch), bundle, NOW)[0]


def test_a_leaf_belongs_to_the_ca_whose_key_signed_it_not_to_a_name() -> None:
    assert verdict(leaf(), CA.root).use is Use.CURRENT
    twin = good_bundle("mesh ca", ROOT)
    assert verdict(leaf(twin), CA.root).use is Use.OTHER


def test_a_leaf_that_its_own_roots_do_not_carry_is_broken() -> None:
    found = verdict(leaf(), make("stranger", days=100).pem)
    assert found.use is Use.BROKEN
    assert found.reason
    assert verdict(leaf(identity="https://x"), CA.root).use is Use.BROKEN


def test_certificates_without_key_identifiers_are_verified_too() -> None:
    old_style = make("samples", ROOT, length=0, identifiers=False)
    bundle = Bundle(old_style.pem, old_style.key_pem, old_style.pem, ROOT.pem)
    assert verdict(leaf(bundle), ROOT.pem, bundle).use is Use.CURRENT


def test_a_proxy_that_does_not_answer_is_unseen_and_the_others_are_seen() -> None:
    def fetch(proxy: Proxy) -> bytes:
        if proxy.pod == "dead":
            raise ClusterError("no such pod")
        return json.dumps(raw_dump(leaf(), CA.root)).encode()

    found = judge_workloads(look([Proxy("shop", "dead"), Proxy("shop", "cart")], fetch), CA, NOW)
    assert [one.use for one in found] == [Use.UNSEEN, Use.CURRENT]


def pod(name: str, container: str, *, init: bool = False, phase: str = "Running", app: str = "") -> dict[str, Any]:
    key = "initContainers" if init else "containers"
    metadata = {"name": name, "namespace": "shop", "labels": {"app": app}}
    return {"metadata": metadata, "spec": {key: [{"name": container}]}, "status": {"phase": phase}}


def test_proxies_are_sidecars_of_either_kind_gateways_and_ztunnels() -> None:
    api = SecretsApi("istio-system", "shop")
    for one in (
        pod("a", "istio-proxy"),
        pod("b", "istio-proxy", init=True),
        pod("c", "app"),
        pod("d", "istio-proxy", phase="Succeeded"),
        pod("z", "istio-proxy-x", app="ztunnel"),
    ):
        api.put(f"/api/v1/namespaces/shop/pods/{one['metadata']['name']}", one)
    assert [(one.pod, one.ztunnel) for one in list_proxies(api)] == [("a", False), ("b", False), ("z", True)]
    assert list_proxies(api, ["istio-system"]) == []


STREAM = "/api/v1/namespaces/shop/pods/cart/portforward"
PROXIED = (
    "/api/v1/namespaces/shop/pods/cart:15000/proxy/config_dump?mask=dynamic_active_secrets,dynamic_warming_secrets"
)


def test_the_api_is_a_way_to_admin_ports_inside_of_pods() -> None:
    api = SecretsApi("istio-system", "shop")
    dump = json.dumps(raw_dump(leaf(), CA.root)).encode()
    api.listeners["shop/cart:15000"] = lambda: HttpEnd({"/config_dump": dump})
    (seen,) = look([Proxy("shop", "cart")], through_api(api))
    assert seen.held[0].identity == IDENTITY
    assert api.calls == [("GET", STREAM)]


def test_the_apis_proxy_to_pods_is_tried_where_streams_are_refused() -> None:
    api = SecretsApi("istio-system", "shop")
    api.fault = lambda _method, path: "403" if path == STREAM else ""
    (seen,) = look([Proxy("shop", "cart")], through_api(api))
    assert seen.fault == "you may not reach into it: get and create on pods/portforward are needed in shop"
    api.objects[PROXIED] = raw_dump(leaf(), CA.root)
    (seen,) = look([Proxy("shop", "cart")], through_api(api))
    assert seen.held[0].identity == IDENTITY


def test_a_proxy_whose_admin_port_is_dead_is_not_asked_in_another_way() -> None:
    api = SecretsApi("istio-system", "shop")
    api.objects[PROXIED] = raw_dump(leaf(), CA.root)
    api.listeners["shop/cart:15000"] = DeadEnd
    (seen,) = look([Proxy("shop", "cart")], through_api(api))
    assert "connection refused" in seen.fault


def test_roots_are_compared_as_sets() -> None:
    both = CA.with_root(CA.root + make("b", days=900).pem)
    turned = b"".join(block.text for block in reversed(pem.blocks(both.root))).decode()
    found = judge_roots([("a", turned), ("b", CA.root.decode()), ("c", "")], both)
    assert [one.current for one in found] == [True, False, False]


def test_a_mesh_without_a_plugged_in_ca_shows_istiods_own() -> None:
    api = SecretsApi()
    api.put_secret("istio-ca-secret", {"ca-cert.pem": ROOT.pem, "ca-key.pem": ROOT.key_pem})
    found = survey(api, "istio-system", Scope(), NOW)
    assert found.source == "istio-ca-secret"
    assert found.bundle is not None
    assert found.bundle.signer == ROOT.certificate
    api.put_secret("cacerts", {**CA.data(), "istio-generated": b""})
    assert survey(api, "istio-system", Scope(), NOW).source == "istio-ca-secret"
    api.objects.pop("/api/v1/namespaces/istio-system/secrets/istio-ca-secret")
    assert survey(api, "istio-system", Scope(), NOW).source == "cacerts"
    empty = survey(SecretsApi(), "istio-system", Scope(), NOW)
    assert (empty.source, empty.bundle) == ("", None)


def test_what_is_hidden_is_a_gap_not_a_failure() -> None:
    api = SecretsApi("istio-system", "shop")
    api.put_secret("cacerts", CA.data())
    api.fault = lambda _method, path: "403" if path.endswith(("configmaps", "pods")) else ""
    found = survey(api, "istio-system", Scope(fetch=lambda _proxy: b""), NOW)
    assert len(found.gaps) == 2


def test_faults_name_what_ends_soon_and_metrics_tell_the_same() -> None:
    status = Status("cacerts", CA, (), judge_roots([("shop", "")], CA), (), ())
    late = NOW + timedelta(days=350)
    assert any("ends in 15 days" in text for text in status.faults(late, None))
    assert any("hand out other roots: shop" in text for text in status.faults(NOW, None))
    assert len(status.faults(NOW, 366)) == 2
    text = render(status)
    assert CA.signer is not None
    assert f'sha256="{pem.fingerprint(CA.signer)}"' in text
    assert 'getmesh_ca_root_configmaps{state="stale"} 1' in text


@pytest.mark.parametrize(
    ("roots", "told"), [(CA.root, []), (CA.root + make("old root", days=900).pem, ["1 workloads"])]
)
def test_a_workload_that_still_trusts_an_older_root_is_told_of(roots: bytes, told: list[str]) -> None:
    one = verdict(leaf(), roots)
    assert one.use is Use.CURRENT
    assert one.key == "P-256"
    faults = Status("cacerts", CA, workloads=(one,)).faults(NOW, None)
    assert faults == [f"{text} trust other roots than those of the CA" for text in told]


def test_roots_that_are_handed_out_beside_the_cas_are_shown_once() -> None:
    old = make("old root", days=900)
    text = (CA.root + old.pem).decode()
    status = Status("cacerts", CA, roots=judge_roots([("a", text), ("b", text), ("c", CA.root.decode())], CA))
    assert status.handed_out == (old.certificate,)
