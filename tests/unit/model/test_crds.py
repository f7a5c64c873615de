"""Versions of CRD bundles and of the kinds that CRDs serve; protocols of ports."""

import pytest

from getmesh.model.crds import bundle_version, gateway_api_kinds
from getmesh.model.objects import Object
from getmesh.model.portnames import recognised
from getmesh.model.snapshot import Snapshot


@pytest.mark.parametrize(
    ("text", "numbers", "shown"),
    [
        ("v1.4.1", (1, 4, 1), "1.4.1"),
        ("1", (1, 0, 0), "1.0.0"),
        ("1.2", (1, 2, 0), "1.2.0"),
        ("v01.002.3", (1, 2, 3), "1.2.3"),
        ("1.0.0-rc.1+build.01", (1, 0, 0), "1.0.0-rc.1+build.01"),
        ("18446744073709551615.0.0", (18446744073709551615, 0, 0), "18446744073709551615.0.0"),
    ],
)
def test_a_version_has_one_to_three_numbers(text: str, numbers: tuple[int, int, int], shown: str) -> None:
    assert bundle_version(text) == (numbers, shown)


@pytest.mark.parametrize(
    "text",
    ["", "v", "V1.0.0", "1.2.3.4", " 1.0", "1.0 ", "1.0.0-", "1.0.0-01", "1.0.0-a..b", "1.0.0+", "1..0", "x", "1.0\n",
     "18446744073709551616.0.0", "9" * 5000],
)  # fmt: skip
def test_anything_else_is_no_version(text: str) -> None:
    assert bundle_version(text) is None


def test_only_served_versions_of_the_gateway_api_count() -> None:
    versions = [
        {"name": "v1", "served": False},
        {"name": "v1beta1", "served": True},
        {"name": "v1alpha2", "served": True},
    ]

    def crd(name: str, group: str) -> Object:
        spec = {"group": group, "names": {"kind": "Gateway"}, "versions": versions}
        return Object(
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": name},
                "spec": spec,
            }
        )

    snapshot = Snapshot([crd("a", "gateway.networking.k8s.io"), crd("b", "gateway.networking.x-k8s.io")])
    found = [(obj.name, kind, served) for obj, kind, served in gateway_api_kinds(snapshot)]
    assert found == [("a", "Gateway", ["v1alpha2", "v1beta1"])]


@pytest.mark.parametrize(
    "name", ["tcp", "UDP-x", "grpc", "GRPC-Web", "grpc-webby", "http", "http_proxy", "Http2-a", "tls-", "mysql"]
)
def test_the_part_before_the_first_dash_names_the_protocol(name: str) -> None:
    assert recognised(80, name, "TCP", None)


@pytest.mark.parametrize("name", ["", "-http", "hbone", "sctp", "h2c", "web-http", "httpx", "tcp_x"])
def test_other_names_declare_nothing(name: str) -> None:
    assert not recognised(80, name, "TCP", None)


def test_the_application_protocol_replaces_the_name_even_if_empty() -> None:
    assert not recognised(80, "http", "TCP", "")
    assert recognised(80, "x", "TCP", "https")
    assert recognised(80, "x", "TCP", "kubernetes.io/wss")
    assert not recognised(80, "x", "TCP", "kubernetes.io/h3")


def test_udp_and_ports_where_the_server_speaks_first_need_no_name() -> None:
    assert recognised(514, "x", "UDP", None)
    assert not recognised(514, "x", "udp", None)
    assert all(recognised(port, "x", "TCP", None) for port in (25, 53, 3306, 27017))
