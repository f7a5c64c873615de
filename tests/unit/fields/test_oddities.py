"""What the API server would drop or refuse, field by field."""

from typing import Any

import pytest

from getmesh.model.fields.oddities import Inspector
from getmesh.model.fields.structure import inspect
from getmesh.model.fields.table import Field, Message
from getmesh.model.objects import Object
from getmesh.model.paths import path_text
from getmesh.model.validation.crd_rules import refused
from getmesh.model.validation.metadata import check_metadata


def obj(kind: str, version: str, spec: Any, **more: Any) -> Object:
    return Object({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec, **more})


def odd(kind: str, version: str, spec: Any, minor: int = 31) -> list[tuple[str, str, str, Any]]:
    return [
        (
            found.sort,
            path_text(found.path).removeprefix("spec."),
            found.detail,
            tuple(found.mend) if found.mend else None,
        )
        for found in inspect(obj(kind, version, spec), minor)
    ]


TRAFFIC = "networking.istio.io/v1alpha3"


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"hosts": ["a"], "gatways": ["g"]}, [("unknown", "gatways", "gateways", ("rename", "gateways"))]),
        ({"hosts": ["a"], "gatways": "g"}, [("unknown", "gatways", "gateways", None)]),
        ({"hosts": ["a"], "gatways": ["g"], "gateways": ["h"]}, [("unknown", "gatways", "", None)]),
        ({"hosts": ["a"], "Hosts": ["b"]}, [("unknown", "Hosts", "", None)]),
        ({"hosts": ["a"], "http": [{"zzz": 1}]}, [("unknown", "http[0].zzz", "", None)]),
        ({"hosts": [1]}, [("type", "hosts[0]", "it must be a string", ("quote", ""))]),
        ({"hosts": {"a": 1}}, [("type", "hosts", "it must be a list", None)]),
        ({"hosts": [None]}, [("type", "hosts[0]", "it must be a string", None)]),
        (
            {"http": [{"headers": {"request": {"set": []}}}]},
            [("type", "http[0].headers.request.set", "it must be an object", None)],
        ),
        ({"http": [5]}, [("type", "http[0]", "it must be an object", None)]),
        (
            {"http": [{"directResponse": {"status": -1}}]},
            [("type", "http[0].directResponse.status", "it must be a whole number from 0", None)],
        ),
        (
            {"http": [{"directResponse": {"status": "200"}}]},
            [("type", "http[0].directResponse.status", "it must be a whole number from 0", ("unquote", ""))],
        ),
        (
            {"http": [{"directResponse": {"body": {"bytes": "!"}}}]},
            [
                ("type", "http[0].directResponse.body.bytes", "it must be base64 text", None),
                ("limit", "http[0].directResponse.status", "it is required", None),
            ],
        ),
        (
            {"http": [{"mirrorPercentage": {"value": "NaN"}}]},
            [("type", "http[0].mirrorPercentage.value", "it must be a number", None)],
        ),
        (
            {"http": [{"match": [{"ignoreUriCase": "true"}]}]},
            [("type", "http[0].match[0].ignoreUriCase", "it must be true or false without quotes", ("unquote", ""))],
        ),
        (
            {"http": [{"match": [{"ignoreUriCase": 1}]}]},
            [("type", "http[0].match[0].ignoreUriCase", "it must be true or false without quotes", None)],
        ),
        ({"http": [{"timeout": 5}]}, [("type", "http[0].timeout", "it must be a duration such as 1.5s", None)]),
        ({"http": [{"timeout": "0s"}]}, [("limit", "http[0].timeout", "it must be at least 1ms", None)]),
    ],
)
def test_a_virtual_service_is_odd_here(spec: Any, found: Any) -> None:
    assert odd("VirtualService", TRAFFIC, spec) == found


def test_enums_differ_by_case_only_with_a_mend() -> None:
    modes = "it must be one of UNSET, DISABLE, PERMISSIVE, STRICT"
    version = "security.istio.io/v1beta1"
    assert odd("PeerAuthentication", version, {"mtls": {"mode": "strict"}}) == [
        ("type", "mtls.mode", modes, ("replace", "STRICT"))
    ]
    assert odd("PeerAuthentication", version, {"mtls": {"mode": 3}}) == [("type", "mtls.mode", modes, None)]


@pytest.mark.parametrize(
    ("kind", "version", "spec", "place", "problem"),
    [
        ("ServiceEntry", TRAFFIC, {"hosts": []}, "hosts", "it must have at least 1 items"),
        ("ServiceEntry", TRAFFIC, {"hosts": ["a"] * 257}, "hosts", "it may have 256 items, not 257"),
        (
            "AuthorizationPolicy",
            "security.istio.io/v1beta1",
            {"targetRef": {"kind": "-", "name": "a"}},
            "targetRef.kind",
            "it must match ^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$",
        ),
        (
            "WasmPlugin",
            "extensions.istio.io/v1alpha1",
            {"url": "a", "match": [{"ports": [{"number": 70000}]}]},
            "match[0].ports[0].number",
            "it must be at most 65535",
        ),
        ("ProxyConfig", "networking.istio.io/v1beta1", {"concurrency": -1}, "concurrency", "it must be at least 0"),
        ("DestinationRule", TRAFFIC, {}, "host", "it is required"),
    ],
)
def test_limits_of_the_crd_are_named(kind: str, version: str, spec: Any, place: str, problem: str) -> None:
    assert odd(kind, version, spec) == [("limit", place, problem, None)]


def test_versions_and_top_level_fields_are_looked_at_too() -> None:
    late = Object({"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": {"name": "a"}, "Spec": {}})
    assert [(found.sort, found.path, found.detail) for found in inspect(late, 21)] == [
        ("newer", ("apiVersion",), "1.22"),
        ("unknown", ("Spec",), "spec"),
    ]
    assert inspect(Object({"apiVersion": "v1", "kind": "Pod", "metadata": {}}), 31) == []


def test_a_field_that_is_gone_is_named_with_its_minor() -> None:
    message = Message()
    message.fields = {"old": Field("old", {"type": "string", "until": 20}, None)}
    inspector = Inspector(25)
    inspector.message(message, {"old": "x"}, ("spec",))
    assert [(found.sort, found.detail) for found in inspector.found] == [("gone", "1.21")]


@pytest.mark.parametrize(
    ("kind", "version", "spec", "places"),
    [
        (
            "EnvoyFilter",
            TRAFFIC,
            {"workloadSelector": {"labels": {"a": "b"}}, "targetRefs": [{"name": "a"}]},
            ["spec.targetRefs"],
        ),
        (
            "EnvoyFilter",
            TRAFFIC,
            {"configPatches": [{"match": {"context": "WAYPOINT"}}, {"match": {"listener": {"portNumber": 70000}}}, {}]},
            ["spec.configPatches[0].match", "spec.configPatches[1].match.listener.portNumber"],
        ),
        (
            "WorkloadGroup",
            TRAFFIC,
            {"template": {"ports": {"a_": 0}}},
            ["spec.template.ports.a_", "spec.template.ports.a_"],
        ),
        ("Sidecar", TRAFFIC, {}, []),
    ],
)
def test_rules_across_fields_of_the_crd(kind: str, version: str, spec: Any, places: list[str]) -> None:
    assert [path_text(fault.path) for fault in refused(obj(kind, version, spec), 31)] == places


@pytest.mark.parametrize(
    ("meta", "places"),
    [
        (None, ["metadata"]),
        ("x", ["metadata"]),
        ({"name": "a.b"}, []),
        ({"generateName": "a-"}, []),
        ({"name": 5}, ["metadata.name"]),
        ({"name": "a", "namespace": "A"}, ["metadata.namespace"]),
        ({"name": "a", "labels": []}, ["metadata.labels"]),
        ({"name": "a", "labels": {"x/y": None, "a": "b" * 64}}, ["metadata.labels.a"]),
        ({"name": "a", "annotations": {"/b": "", "c": 5}}, ['metadata.annotations["/b"]', "metadata.annotations.c"]),
        ({"name": "a", "annotations": {"b": "x" * 262_145}}, ["metadata.annotations"]),
    ],
)
def test_metadata_has_the_syntax_of_kubernetes(meta: Any, places: list[str]) -> None:
    found = check_metadata(Object({"apiVersion": TRAFFIC, "kind": "Sidecar", "metadata": meta}))
    assert [path_text(fault.path) for fault in found.errors] == places


def test_services_have_names_of_one_label() -> None:
    service = Object({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a.b"}})
    assert len(check_metadata(service).errors) == 1
