"""Decoding as Istio's reader does it, and what it refuses."""

from typing import Any

import pytest

from getmesh.model.fields import Table, decode, table
from getmesh.model.fields.scalars import BAD, READERS, duration
from getmesh.model.paths import path_text


def fields(kind: str) -> Table:
    found = table(kind)
    assert found is not None
    return found


def spec(kind: str, value: Any) -> Any:
    found = decode(fields(kind), {"spec": value})
    assert found.faults == []
    return found.spec


def faults(kind: str, value: Any) -> list[str]:
    return [path_text(fault.path) for fault in decode(fields(kind), value).faults]


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("1.5s", 1_500_000_000), ("1h2m", 3_720_000_000_000), ("-1ms", -1_000_000), ("+.5s", 500_000_000), ("0", 0),
     ("1us2ns", 1002), ("1µs", 1000), ("1.s", 1_000_000_000)],
)  # fmt: skip
def test_durations_are_go_s(text: str, nanoseconds: int) -> None:
    assert duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "1", "1d", "s", ".s", "1s ", "3000000h", "-", 5, None, "1" * 300 + "s"])
def test_what_go_reads_as_no_duration(text: Any) -> None:
    assert duration(text) is BAD


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("uint32", "80", 80), ("uint32", " 80 ", 80), ("uint32", 90.0, 90), ("uint32", "+80", BAD),
        ("uint32", "0x50", BAD),
        ("uint32", "90.0", BAD), ("uint32", 90.5, BAD), ("uint32", -1, BAD), ("uint32", 1 << 32, BAD),
        ("uint32", True, BAD),
        ("int32", "-5", -5), ("int32", "9" * 30, BAD), ("int32", 1e30, BAD), ("uint64", (1 << 64) - 1, (1 << 64) - 1),
        ("double", "1.5", 1.5), ("double", 1, 1.0), ("double", "x", BAD), ("double", float("nan"), BAD),
        ("double", True, BAD),
        ("double", 10**400, BAD), ("double", "Infinity", float("inf")), ("bytes", "YQ==", b"a"), ("bytes", "YQ", BAD),
        ("bytes", 5, BAD), ("bool", "true", BAD), ("bool", True, True), ("string", 5, BAD), ("struct", [], BAD),
        ("intOrString", 5, 5), ("intOrString", "http", "http"), ("intOrString", 5.5, BAD),
        ("time", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), ("time", "today", BAD),
    ],
)  # fmt: skip
def test_scalars_are_read_as_protocol_buffers_read_them(kind: str, value: Any, read: Any) -> None:
    found = READERS[kind](value)
    assert found is read if read is BAD else found == read


def test_camel_case_wins_over_snake_case_even_as_null() -> None:
    assert spec("VirtualService", {"export_to": ["a"]}) == {"exportTo": ["a"]}
    assert spec("VirtualService", {"export_to": ["a"], "exportTo": ["b"]}) == {"exportTo": ["b"]}
    assert spec("VirtualService", {"exportTo": None, "export_to": ["a"]}) == {}
    assert spec("DestinationRule", {"trafficPolicy": {"outlier_detection": {"consecutive_5xx_errors": 3}}}) == {
        "trafficPolicy": {"outlierDetection": {"consecutive5xxErrors": 3}}
    }


def test_unknown_fields_nulls_and_empty_lists_are_absent_but_empty_messages_are_not() -> None:
    assert spec("VirtualService", {"hosts": [], "http": None, "odd": 1, "tcp": [{}]}) == {"tcp": [{}]}
    assert spec("PeerAuthentication", {"portLevelMtls": {}, "mtls": {}}) == {"mtls": {}}


def test_null_items_are_empty() -> None:
    assert spec("VirtualService", {"hosts": [None], "http": [None]}) == {"hosts": [""], "http": [{}]}
    assert spec("PeerAuthentication", {"portLevelMtls": {"80": None}}) == {"portLevelMtls": {"80": {}}}


def test_of_several_arms_the_one_declared_last_counts() -> None:
    found = decode(
        fields("DestinationRule"),
        {"spec": {"trafficPolicy": {"loadBalancer": {"consistentHash": {}, "simple": "RANDOM"}}}},
    )
    assert found.spec["trafficPolicy"]["loadBalancer"] == {"consistentHash": {}}
    assert [(path_text(path), winner) for path, winner in found.lost] == [
        ("spec.trafficPolicy.loadBalancer.simple", "consistentHash")
    ]


def test_enums_are_names_or_any_number() -> None:
    assert spec("PeerAuthentication", {"mtls": {"mode": 3}}) == {"mtls": {"mode": "STRICT"}}
    assert spec("PeerAuthentication", {"mtls": {"mode": 99}}) == {"mtls": {"mode": 99}}
    assert faults("PeerAuthentication", {"spec": {"mtls": {"mode": "strict"}}}) == ["spec.mtls.mode"]
    assert faults("PeerAuthentication", {"spec": {"mtls": {"mode": "3"}}}) == ["spec.mtls.mode"]


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({"spec": []}, ["spec"]),
        ({"spec": {"hosts": "a", "http": [5], "exportTo": [1]}}, ["spec.hosts", "spec.http[0]", "spec.exportTo[0]"]),
        ({"spec": {"http": [{"headers": {"request": {"set": ["a"]}}}]}}, ["spec.http[0].headers.request.set"]),
        ({"status": {"conditions": [{"type": 5}]}}, ["status.conditions[0].type"]),
        ({"spec": None, "status": {"odd": 5}}, []),
    ],
)
def test_values_of_a_wrong_type_are_faults_at_their_place(value: Any, places: list[str]) -> None:
    assert faults("VirtualService", value) == places


def test_keys_of_ports_are_numbers() -> None:
    assert faults("PeerAuthentication", {"spec": {"portLevelMtls": {"http": {}, "-1": {}, "80": {}}}}) == [
        "spec.portLevelMtls.http",
        'spec.portLevelMtls["-1"]',
    ]


def test_kubernetes_kinds_take_no_quoted_numbers() -> None:
    assert faults("Service", {"spec": {"ports": [{"port": "80", "targetPort": "http"}]}}) == ["spec.ports[0].port"]
    assert faults("Service", {"spec": {"ports": [{"port": 80.0, "targetPort": 8080}]}}) == []


def test_to_an_older_reader_a_newer_field_is_unknown_and_may_hold_anything() -> None:
    raw = {"spec": {"servers": [{"tls": {"mode": "SIMPLE", "ecdhCurves": 7}}]}}
    assert faults("Gateway", raw) == ["spec.servers[0].tls.ecdhCurves"]
    older = decode(fields("Gateway"), raw, 31)
    assert older.faults == []
    assert older.spec == {"servers": [{"tls": {"mode": "SIMPLE"}}]}
