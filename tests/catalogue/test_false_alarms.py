"""False alarms that users of istioctl and Kiali reported stay what their cases made of them."""

import pytest

from getmesh.analysis.cases import Case, read_cases
from getmesh.analysis.catalogue import Rule

SILENT = (
    "istio/istio#22698",
    "istio/istio#26222",
    "istio/istio#36160",
    "istio/istio#39629",
    "istio/istio#48326",
    "kiali/kiali#1743",
    "kiali/kiali#3697",
    "kiali/kiali#4049",
    "kiali/kiali#4210",
    "kiali/kiali#4711",
    "kiali/kiali#4738",
    "kiali/kiali#6006",
    "kiali/kiali#6953",
    "kiali/kiali#7287",
    "kiali/kiali#7481",
    "kiali/kiali#9529",
    "kiali/kiali#9937",
    "kiali/kiali#10235",
)
LOWERED = {
    "istio/istio#39629": "[info]",
    "istio/istio#42561": "[info]",
    "kiali/kiali#4197": "[info]",
    "kiali/kiali#5235": "[warning]",
}
"""Threads about findings that say something true, but not an error, by the severity that is left."""


@pytest.fixture(scope="module")
def cases(every_rule: tuple[Rule, ...]) -> list[Case]:
    return [case for rule in every_rule for case in read_cases(rule.cases)]


@pytest.mark.parametrize("thread", SILENT)
def test_a_reported_false_alarm_has_a_case_that_stays_silent(cases: list[Case], thread: str) -> None:
    assert any(_names(case, thread) and not case.expect for case in cases)


@pytest.mark.parametrize("thread", LOWERED)
def test_a_reported_exaggeration_has_a_case_that_is_no_error(cases: list[Case], thread: str) -> None:
    expected = next(case.expect for case in cases if _names(case, thread) and case.expect)
    assert expected[0].endswith(LOWERED[thread])


def _names(case: Case, thread: str) -> bool:
    """Whether a case's name ends with a list of threads, this one among them."""
    threads = case.name.rpartition("(")[2].removesuffix(")")
    return thread in threads.split(", ")
