import json

import pytest

from getmesh.distributions.advice import skew
from getmesh.distributions.running import control_plane_versions, image_version, look
from getmesh.errors import ClusterError
from getmesh.ports.cluster import ClusterRefused
from tests.fakes.cluster import FakeApi, istiod, pod, proxy

PROXIED = "/api/v1/namespaces/istio-system/pods/istiod-default-1:15014/proxy"


def versions(api: FakeApi) -> list[tuple[str, str, str]]:
    return [(part.component, str(part.version), part.source) for part in look(api).parts]


def test_control_planes_proxies_and_ztunnels_are_told_from_their_images() -> None:
    tunnel = pod("ztunnel-1", "istio-system", "istio-proxy", "docker.io/istio/ztunnel:1.30.5", {"app": "ztunnel"})
    node = pod("cni-1", "istio-system", "install-cni", "docker.io/istio/install-cni:1.30.5-distroless")
    other = pod("web", "shop", "nginx", "nginx:1.25.3")
    assert versions(FakeApi(istiod("1.30.5"), proxy("cart", "1.29.8"), tunnel, node, other)) == [
        ("cni", "1.30.5-distroless", "image"),
        ("istiod", "1.30.5", "image"),
        ("proxy", "1.29.8", "image"),
        ("ztunnel", "1.30.5", "image"),
    ]


def test_what_a_control_plane_says_of_itself_beats_a_digest() -> None:
    pinned = istiod("x")
    pinned["spec"]["containers"][1]["image"] = "registry.redhat.io/istio-pilot-rhel9@sha256:" + "a" * 64
    api = FakeApi(pinned)
    api.answers[f"{PROXIED}/version"] = b"1.27.3-0123456789abcdef0123456789abcdef01234567-Clean"
    assert versions(api) == [("istiod", "1.27.3", "istiod")]


def test_what_proxies_announce_beats_a_digest() -> None:
    pinned = proxy("cart", "x")
    pinned["spec"]["containers"][1]["image"] = "registry.redhat.io/istio-proxyv2-rhel9@sha256:" + "a" * 64
    api = FakeApi(istiod("1.27.3"), pinned)
    announced = [{"proxy": "cart.shop", "istio_version": "1.26.4"}]
    api.answers[f"{PROXIED}/debug/syncz"] = json.dumps(announced).encode()
    assert ("proxy", "1.26.4", "announced") in versions(api)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[1]", b"{}", b"\xff\xfe"])
def test_nonsense_from_a_control_plane_leaves_the_image(answer: bytes) -> None:
    api = FakeApi(istiod("1.30.5"), proxy("cart", "1.30.5"))
    api.answers = {f"{PROXIED}/version": answer, f"{PROXIED}/debug/syncz": answer}
    assert versions(api) == [("istiod", "1.30.5", "image"), ("proxy", "1.30.5", "image")]


def test_pods_that_have_ended_do_not_count() -> None:
    assert versions(FakeApi(pod("job", "shop", "istio-proxy", "proxyv2:1.20.0", phase="Succeeded"))) == []


def test_any_namespace_may_hold_a_control_plane() -> None:
    api = FakeApi(istiod("1.30.5", namespace="mesh"))
    assert [str(found.version) for found in control_plane_versions(api, "mesh")] == ["1.30.5"]
    assert look(api).control_planes()[0].namespace == "mesh"


def test_long_lists_are_read_in_pages() -> None:
    api = FakeApi(*(proxy(f"p{number}", "1.30.5") for number in range(25)))
    api.page = 10
    assert len(look(api).parts) == 25
    assert [path for _, path in api.asked].count("/api/v1/pods") == 3


def test_with_rights_in_some_namespaces_the_gaps_are_named() -> None:
    api = FakeApi(istiod("1.30.5"), proxy("cart", "1.30.5"), proxy("secret", "1.30.5", namespace="vault"))
    api.forbidden = {"/api/v1/pods", "/api/v1/namespaces/vault/pods"}
    mesh = look(api)
    assert {part.pod for part in mesh.parts} == {"istiod-default-1", "cart"}
    assert mesh.gaps == ("pods of namespace vault may not be read",)
    assert len(api.asked) == len(set(api.asked)), "a refusal is not tried again"


def test_without_the_right_to_list_namespaces_two_are_tried() -> None:
    api = FakeApi(istiod("1.30.5"))
    api.forbidden = {"/api/v1/pods", "/api/v1/namespaces"}
    mesh = look(api)
    assert [part.component for part in mesh.parts] == ["istiod"]
    assert "default, istio-system alone" in mesh.gaps[0]


def test_other_failures_are_no_gaps() -> None:
    class Broken(FakeApi):
        def get(self, path: str, query: object = None) -> bytes:
            del query
            raise ClusterRefused(f"{path}: the API answered 500", 500)

    with pytest.raises(ClusterError, match="500"):
        look(Broken())


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("docker.io/istio/pilot:1.30.5", "1.30.5"),
        ("localhost:5000/istio/pilot", ""),
        ("localhost:5000/istio/pilot:1.30.5-debug@sha256:abc", "1.30.5-debug"),
        ("pilot@sha256:abc", ""),
    ],
)
def test_tags_are_found_beside_ports_and_digests(image: str, tag: str) -> None:
    assert image_version(image) == tag


def test_a_proxy_may_be_one_minor_behind_and_never_ahead() -> None:
    mesh = look(
        FakeApi(
            istiod("1.30.5"),
            proxy("same", "1.30.1"),
            proxy("one-behind", "1.29.8"),
            proxy("two-behind", "1.28.1"),
            proxy("ahead", "1.31.0"),
        )
    )
    assert skew(mesh) == [
        "1 proxy runs 1.28.1, 2 minors behind the control plane 1.30.5",
        "1 proxy runs 1.31.0, ahead of the control plane 1.30.5",
    ]


def test_each_proxy_is_compared_with_the_control_plane_of_its_revision() -> None:
    planes = (istiod("1.28.1", "old"), istiod("1.30.5", "new"))
    mesh = look(FakeApi(*planes, proxy("a", "1.28.1", revision="old"), proxy("b", "1.30.1", revision="new")))
    assert skew(mesh) == []
