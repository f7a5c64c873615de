"""In a mesh that was read in part, only what is certain is said, and what was left out is named."""

from collections.abc import Iterator

import pytest

from getmesh.analysis.catalogue import Rule, load, modules
from getmesh.analysis.finding import Finding
from getmesh.analysis.limits import certain, limit_of
from getmesh.analysis.meta import RuleMeta, Severity
from getmesh.analysis.runner import run
from getmesh.model.objects import Object
from getmesh.model.snapshot import Settings, Snapshot

HERE = frozenset({"shop", "pay"})


def meta(*reads: str, uses: tuple[type, ...] = ()) -> RuleMeta:
    """Give a rule's facts."""
    return RuleMeta(
        code="GM9999", name="n", severity=Severity.ERROR, title="t", means="m", why="w", fix="f",
        message="{what}", reads=reads, since="0.1", uses=uses,
    )  # fmt: skip


def rule(facts: RuleMeta) -> Rule:
    """Give a rule that finds fault with every VirtualService."""
    template = load("IST0109", modules()["IST0109"])

    def check(snapshot: Snapshot) -> Iterator[Finding]:
        for route in snapshot.each("VirtualService"):
            yield facts.on(route, what="wrong")

    return Rule(facts, check, "m", template._cases)


def route(namespace: str, kind: str = "VirtualService") -> Object:
    """Give an object."""
    meta_ = {"name": "r", "namespace": namespace}
    return Object({"apiVersion": "networking.istio.io/v1", "kind": kind, "metadata": meta_, "spec": {}})


class Setting:
    """A service that reads what says how the mesh is set up."""

    READS = frozenset({"ConfigMap", "VirtualService"})


def snapshot(**settings: object) -> Snapshot:
    """Give two routes under these settings."""
    return Snapshot([route("shop"), route("other")], Settings(**settings))  # type: ignore[arg-type]  # keys vary


def test_a_rule_whose_kinds_were_all_read_has_no_limit() -> None:
    assert limit_of(snapshot(unread={"Node": "no"}), rule(meta("VirtualService"))) is None


def test_a_rule_that_needs_an_unread_kind_is_left_out_and_says_which() -> None:
    result = run(snapshot(unread={"Service": "you may not list services"}), [rule(meta("VirtualService", "Service"))])
    assert result.findings == []
    assert result.gaps[0].reason == "Service: you may not list services"
    assert result.gaps[0].refused


def test_an_assumed_setting_stops_the_rules_that_judge_it_and_no_others() -> None:
    settings = snapshot(assumed={"ConfigMap": "no"})
    assert run(settings, [rule(meta("ConfigMap"))]).gaps[0].refused
    through = run(settings, [rule(meta("VirtualService", uses=(Setting,)))])
    assert (len(through.findings), through.gaps) == (2, [])


def test_findings_are_kept_where_every_needed_kind_was_read() -> None:
    partial = {"VirtualService": frozenset({"shop", "pay"}), "Service": frozenset({"shop"})}
    result = run(snapshot(partial=partial), [rule(meta("VirtualService", "Service"))])
    assert [finding.object.namespace for finding in result.findings] == ["shop"]
    assert result.gaps[0].evaluated_in == ("shop",)


def test_a_rule_whose_kinds_share_no_namespace_is_left_out() -> None:
    partial = {"VirtualService": frozenset({"pay"}), "Service": frozenset({"shop"})}
    result = run(snapshot(partial=partial), [rule(meta("VirtualService", "Service"))])
    assert (result.findings, result.gaps[0].evaluated_in) == ([], ())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cart", True),
        ("'cart'", True),
        ("cart.pay", True),
        ("cart.pay.svc.cluster.local", True),
        ("cart.pay.svc", True),
        ("pay/gateway", True),
        ("cart.other.svc.cluster.local", False),
        ("cart.other", False),
        ("api.example.com", False),
        ("*.example.com", False),
        ("other/gateway", False),
        ("namespace 'pay', other/gateway", False),
    ],
)
def test_what_may_exist_where_nobody_may_look_is_not_called_missing(text: str, kept: bool) -> None:
    assert certain(meta().on(route("shop"), ("spec",), what=text), HERE) is kept


def test_the_selector_of_a_gateway_reaches_pods_of_every_namespace() -> None:
    gateway = route("shop", "Gateway")
    assert not certain(meta().on(gateway, ("spec", "selector"), what="a=b"), HERE)
    assert certain(meta().on(gateway, ("spec", "servers", 0), what="x"), HERE)


def test_a_namespace_itself_counts_as_one_of_its_own() -> None:
    own = Object({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    other = Object({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    assert certain(meta().on(own, what="x"), HERE)
    assert not certain(meta().on(other, what="x"), HERE)
