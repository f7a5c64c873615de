"""Runs a claim once per rule."""

import pytest

from getmesh.analysis.catalogue import Rule, rules

ALL = rules()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rule" in metafunc.fixturenames:
        metafunc.parametrize("rule", ALL, ids=[rule.meta.code for rule in ALL])


@pytest.fixture(scope="session")
def every_rule() -> tuple[Rule, ...]:
    return ALL
