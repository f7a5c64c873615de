import pytest

from getmesh.analysis.meta import Severity
from getmesh.analysis.suppression import Policy, Scope, Suppression, annotated, apply, parse_suppression
from getmesh.errors import UsageError
from tests.unit.report.reports import placed, thing


def test_istioctls_list_is_not_trimmed() -> None:
    annotation = {"galley.istio.io/analyze-suppress": "IST0101, IST0102"}
    assert annotated(annotation, "IST0101")
    assert not annotated(annotation, "IST0102")


def test_istioctls_star_does_not_speak_for_kiali() -> None:
    annotation = {"galley.istio.io/analyze-suppress": "*"}
    assert annotated(annotation, "IST0101")
    assert annotated(annotation, "GM0101")
    assert not annotated(annotation, "KIA0101")


def test_kialis_list_is_trimmed_and_empty_means_all() -> None:
    assert annotated({"kiali.io/ignore-validations": " KIA0101 ,KIA1101"}, "KIA0101")
    assert not annotated({"kiali.io/ignore-validations": "kia0101"}, "KIA0101")
    assert annotated({"kiali.io/ignore-validations": ""}, "KIA0101")
    assert not annotated({"kiali.io/ignore-validations": ""}, "IST0101")


def test_a_comment_silences_its_code_at_its_place() -> None:
    policy = Policy(commented=lambda place, code: (place.line, code) == (3, "IST0101"))
    assert apply([placed(), placed("IST0102")], policy).suppressed == 1


def test_scopes_join_path_and_namespace() -> None:
    codes = frozenset({"IST0101"})
    assert apply([placed()], Policy(scopes=(Scope(codes, path="*.yaml"),))).suppressed == 1
    assert apply([placed()], Policy(scopes=(Scope(codes, path="*.json"),))).suppressed == 0
    assert apply([placed()], Policy(scopes=(Scope(codes, namespace="sh*"),))).suppressed == 1
    assert apply([placed()], Policy(scopes=(Scope(codes, path="*.yaml", namespace="x"),))).suppressed == 0


def test_other_namespaces_are_neither_reported_nor_counted() -> None:
    filtered = apply([placed(obj=thing(namespace="other"))], Policy(namespaces=frozenset({"shop"})))
    assert (filtered.kept, filtered.suppressed) == ([], 0)


def test_severity_can_be_changed_by_code() -> None:
    (kept,) = apply([placed()], Policy(severities={"IST0101": Severity.INFO})).kept
    assert kept.finding.severity is Severity.INFO


def test_the_command_lines_form_is_istioctls() -> None:
    assert parse_suppression("IST0102=Namespace frod") == Suppression("IST0102", "Namespace frod")
    with pytest.raises(UsageError):
        parse_suppression("IST0102")


@pytest.mark.parametrize(
    ("resource", "hidden"),
    [
        ("VirtualService cart.shop", True),
        ("VirtualService shop/cart", True),
        ("VirtualService *.shop", True),
        ("VirtualService shop/*", True),
        ("*", True),
        ("VirtualService cart", False),
        ("Gateway shop/*", False),
    ],
)
def test_a_resource_is_named_as_istioctl_documents_it_or_as_it_prints_it(resource: str, hidden: bool) -> None:
    policy = Policy(suppressions=(parse_suppression(f"IST0101={resource}"),))
    assert apply([placed()], policy).suppressed == hidden
