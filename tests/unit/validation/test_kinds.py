"""Every kind's checks, case by case: ``kinds.yaml`` holds specs with the places of errors and warnings."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.model.kinds import BY_KEY
from getmesh.model.objects import Object
from getmesh.model.paths import path_text
from getmesh.model.validation import CHECKS, validate

CASES = yaml.safe_load((Path(__file__).parent / "kinds.yaml").read_text(encoding="utf-8"))


def places(kind: str, spec: Any, name: str = "cart") -> tuple[list[str], list[str]]:
    """Give the places of errors and of warnings, from the spec on."""
    version = f"{BY_KEY[kind].group}/{BY_KEY[kind].versions[-1]}"
    raw = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}
    found = validate(Object(raw))
    errors, warnings = (
        [path_text(fault.path).removeprefix("spec.") for fault in group] for group in (found.errors, found.warnings)
    )
    return errors, warnings


@pytest.mark.parametrize("case", CASES, ids=[f"{case['kind']}-{number}" for number, case in enumerate(CASES)])
def test_a_spec_is_judged_at_these_places(case: dict[str, Any]) -> None:
    assert places(case["kind"], case["spec"]) == (case.get("errors", []), case.get("warnings", []))


def test_every_kind_that_istio_validates_has_cases() -> None:
    assert {case["kind"] for case in CASES} == set(CHECKS)


def test_delegates_have_no_hosts_and_do_not_delegate() -> None:
    spec = {"http": [{"delegate": {"name": "a"}}]}
    assert places("VirtualService", spec)[0] == ["http[0].route", "http[0].delegate"]


@pytest.mark.parametrize(("size", "errors", "warnings"), [(100, 0, 0), (200_000, 0, 1), (1_100_000, 1, 0)])
def test_a_big_body_is_warned_about_and_a_huge_one_refused(size: int, errors: int, warnings: int) -> None:
    for body in ({"string": "x" * size}, {"bytes": "AAAA" * (size // 3)}):
        spec = {"hosts": ["a"], "http": [{"directResponse": {"status": 200, "body": body}}]}
        assert tuple(map(len, places("VirtualService", spec))) == (errors, warnings)


def test_gateways_need_a_name_and_servers_with_distinct_port_names() -> None:
    assert places("Gateway", {}, name="a.b") == (["metadata.name", "servers"], [])
    one = {"hosts": ["*"], "port": {"number": 80, "name": "h", "protocol": "HTTP"}}
    assert places("Gateway", {"servers": [one, one]}) == (["servers[1].port.name"], [])


def test_limits_of_length_count_bytes() -> None:
    spec = {"url": "oci://a", "imagePullSecret": "é" * 127, "pluginName": "é" * 129}
    assert places("WasmPlugin", spec)[0] == ["imagePullSecret", "pluginName"]
    assert places("TrafficExtension", {"lua": {"inlineCode": "é" * 32769}})[0] == ["lua.inlineCode"]
    version = {"proxy": {"proxyVersion": "1" * 1025}}
    patch = {"applyTo": "CLUSTER", "match": version, "patch": {"operation": "REMOVE"}}
    assert places("EnvoyFilter", {"configPatches": [patch]})[1][-1] == "configPatches[0].match.proxy.proxyVersion"


def test_other_kinds_are_not_validated() -> None:
    obj = Object({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": 1}})
    assert validate(obj).errors == []
