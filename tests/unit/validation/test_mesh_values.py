"""Proxy configuration in annotations, values of annotations, and values that EnvoyFilters patch in."""

from typing import Any

import pytest

from getmesh.model.annotations import istio_names, value_problem
from getmesh.model.objects import Object
from getmesh.model.paths import path_text
from getmesh.model.validation import envoy_values
from getmesh.model.validation.proxyconfig import annotation_faults

ANY = "type.googleapis.com/envoy.extensions.filters.http"


@pytest.mark.parametrize(
    "config",
    [
        None, {}, {"concurrency": 2, "odd": 1}, {"drain_duration": "45s"},
        {"tracing": {"zipkin": {"address": "$(HOST_IP):9411"}}},
        {"discoveryAddress": "[::1]:15012", "statusPort": "15020"},
        {"privateKeyProvider": {"qat": {"pollDelay": "1ms"}}},
        {"connectionSettings": {"httpMaxConcurrentStreams": 1, "http2InitialStreamWindowSize": 65535}},
    ],
)  # fmt: skip
def test_a_proxy_configuration_holds(config: Any) -> None:
    assert annotation_faults(config).errors == []


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ("text", [""]),
        ({"concurrency": "two"}, ["concurrency"]),
        ({"configPath": "", "drainDuration": "1.5s", "statusPort": 0}, ["configPath", "drainDuration", "statusPort"]),
        ({"discoveryAddress": "", "statsdUdpAddress": "a_:1", "envoyMetricsService": {"address": "a:0"}},
         ["discoveryAddress", "statsdUdpAddress", "envoyMetricsService.address"]),
        ({"tracing": {"lightstep": {}}}, ["tracing.lightstep.address", "tracing.lightstep.accessToken"]),
        ({"tracing": {"zipkin": {}}}, ["tracing.zipkin.address"]),
        ({"tracing": {"tlsSettings": {"mode": "MUTUAL"}}},
         ["tracing.tlsSettings.clientCertificate", "tracing.tlsSettings.privateKey"]),
        ({"privateKeyProvider": {}}, ["privateKeyProvider"]),
        ({"privateKeyProvider": {"cryptomb": {}}}, ["privateKeyProvider.cryptomb.pollDelay"]),
        ({"controlPlaneAuthPolicy": "INHERIT"}, ["controlPlaneAuthPolicy"]),
        ({"connectionSettings": {"httpMaxConcurrentStreams": 0, "http2InitialStreamWindowSize": 1,
                                 "httpIdleTimeout": "-1s"}},
         ["connectionSettings.httpMaxConcurrentStreams", "connectionSettings.http2InitialStreamWindowSize",
          "connectionSettings.httpIdleTimeout"]),
    ],
)  # fmt: skip
def test_a_proxy_configuration_does_not_hold(config: Any, places: list[str]) -> None:
    assert [path_text(fault.path) for fault in annotation_faults(config).errors] == places


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("sidecar.istio.io/interceptionMode", ["NONE"], ["none", ""]),
        ("status.sidecar.istio.io/port", ["0", " 80 ", "65535"], ["", "65536", "+1"]),
        ("readiness.status.sidecar.istio.io/periodSeconds", ["007"], ["", " 1", "4294967296"]),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", ["*", "", "10.1.2.3/8"], ["10.0.0.0", "10.0.0.0/8, ::/0"]),
        ("traffic.sidecar.istio.io/excludeInboundPorts", ["", "80, 0"], ["*", "80,", "a"]),
        ("traffic.sidecar.istio.io/includeInboundPorts", ["*", "80"], ["80;81"]),
        ("traffic.sidecar.istio.io/excludeInterfaces", ["", "eth0, en.1"], ["0eth", "a" * 16, "a,"]),
        ("prometheus.istio.io/merge-metrics", ["T", "0"], ["yes", ""]),
        ("sidecar.istio.io/proxyCPU", ["100m", ".", "+", "1e3", "m"], ["", "1 m", "1mm", "1e" + "9" * 20]),
        ("sidecar.istio.io/logLevel", ["anything"], []),
    ],
)
def test_annotations_take_certain_values(name: str, good: list[str], bad: list[str]) -> None:
    for value, problem in [(value, False) for value in good] + [(value, True) for value in bad]:
        pod = Object({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "annotations": {name: value}}})
        assert bool(value_problem(pod, name)) is problem, value


def test_annotations_of_istio_are_told_by_their_domain() -> None:
    names = [
        "a.istio.io/x",
        "myistio.io/x",
        "istio.io",
        "kubernetes.io/ingress.class",
        "istio.io.example/x",
        "istio.io/rev",
    ]
    pod = Object(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "annotations": dict.fromkeys(names, "")}}
    )
    assert istio_names(pod) == names[:4]


@pytest.mark.parametrize(
    ("target", "value", "places"),
    [
        ("CLUSTER", {"connect_timeout": "3s", "lbPolicy": 5, "odd": 1, "name": None}, []),
        ("CLUSTER", {"lb_policy": "FASTEST", "connect_timeout": {"seconds": 3}}, ["lb_policy", "connect_timeout"]),
        ("CLUSTER", {"health_checks": {}, "typed_extension_protocol_options": []},
         ["health_checks", "typed_extension_protocol_options"]),
        ("CLUSTER", {"typed_extension_protocol_options": {"a": {}}}, ["typed_extension_protocol_options.a"]),
        ("HTTP_ROUTE", {"route": {"timeout": 0}, "match": 5}, ["route.timeout", "match"]),
        ("HTTP_FILTER", {"name": "a", "typed_config": {"@type": f"{ANY}.lua.v3.Lua", "inline_code": 5}},
         ["typed_config.inline_code"]),
        ("HTTP_FILTER", {"typed_config": {"@type": f"{ANY}.luaa.v3.Lua"}}, ['typed_config["@type"]']),
        ("HTTP_FILTER", {"typed_config": {"@type": "x/envoy.config.filter.http.lua.v2.Lua"}},
         ['typed_config["@type"]']),
        ("HTTP_FILTER", {"typed_config": {"@type": f"{ANY}.lua.v3.lua"}}, ['typed_config["@type"]']),
        ("HTTP_FILTER", {"typed_config": {"@type": f"{ANY}.lua.v3.LuaPerRoutes"}}, ['typed_config["@type"]']),
        ("HTTP_FILTER", {"typed_config": {"@type": f"{ANY}.lua.v3.Lua", "inlineCode": "", "inline_code": 5}}, []),
        ("HTTP_FILTER", {"typed_config": {"@type": "x/Lua"}}, ['typed_config["@type"]']),
        ("HTTP_FILTER", {"typed_config": {"@type": "x/google.protobuf.Struct", "value": 1}}, ["typed_config.value"]),
        ("HTTP_FILTER", {"typed_config": {"@type": f"{ANY}.ext_proc.v3.ExternalProcessor",
                                          "processingMode": {"request_body_mode": "SOME"}}},
         ["typed_config.processingMode.request_body_mode"]),
        ("HTTP_FILTER", {"typed_config": {"@type": 5}}, ["typed_config"]),
        ("HTTP_FILTER", {"typed_config": 5}, ["typed_config"]),
        ("HTTP_FILTER", {"typed_config": {"@type": "x/envoy.extensions.filters.http.brand_new.v3.Thing", "a": 1}}, []),
        ("HTTP_FILTER", {"typed_config": {"@type": "x/udpa.type.v1.TypedStruct", "value": 1}}, []),
        ("BOOTSTRAP", {"static_resources": {"clusters": [{"name": 1}, None]}}, ["static_resources.clusters[0].name"]),
        (77, {"a": 1}, [""]),
    ],
)  # fmt: skip
def test_patched_values_are_decoded_as_far_as_we_know_them(target: Any, value: Any, places: list[str]) -> None:
    assert [path_text(path) for path, _ in envoy_values.problems(target, value)] == places
