import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import xmlschema
import yaml

from getmesh.report import github, html, junit, markdown, name, sarif, table
from getmesh.report import json as json_format
from getmesh.report import yaml as yaml_format
from getmesh.report.columns import cells
from getmesh.report.findings import FindingsReport
from tests.unit.report.reports import EMPTY, FULL, HOSTILE, placed

SCHEMAS = Path(__file__).with_name("schemas")
FORMATS = ("table", "json", "yaml", "sarif", "junit", "github", "markdown", "html", "name")


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("report", [EMPTY, FULL], ids=["empty", "full"])
def test_rendering_twice_gives_the_same_text(output: str, report: FindingsReport) -> None:
    render = import_module(f"getmesh.report.{output}").render
    assert render(report) == render(report)


@pytest.mark.parametrize("report", [EMPTY, FULL], ids=["empty", "full"])
def test_sarif_keeps_its_schema(report: FindingsReport) -> None:
    schema = json.loads((SCHEMAS / "sarif.json").read_text())
    errors = [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(json.loads(sarif.render(report)))]
    assert errors == []


@pytest.mark.parametrize("report", [EMPTY, FULL], ids=["empty", "full"])
def test_junit_keeps_its_schema(report: FindingsReport) -> None:
    schema = xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd"))
    schema.validate(junit.render(report))


def test_junit_counts_what_it_lists() -> None:
    document: Any = xmlschema.XMLSchema(str(SCHEMAS / "junit.xsd")).to_dict(junit.render(FULL))
    suites = document["testsuite"]
    for suite in suites:
        problems = [case for case in suite["testcase"] if "failure" in case or "error" in case]
        assert len(problems) == suite["@failures"] + suite["@errors"]


def test_sarif_points_at_the_rule_of_each_result() -> None:
    run = json.loads(sarif.render(FULL))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_json_and_yaml_say_the_same() -> None:
    assert yaml.safe_load(yaml_format.render(FULL)) == json.loads(json_format.render(FULL))


def test_json_survives_lone_surrogates() -> None:
    report = FindingsReport(findings=[placed(value="\ud800")])
    assert msgspec.json.decode(json_format.render(report))["findings"][0]["message"]


def test_twins_share_a_row_and_refer_to_each_other_in_json() -> None:
    twins = [placed("IST0101"), placed("KIA1101", twin="IST0101")]
    report = FindingsReport(findings=twins)
    assert "IST0101,KIA1101" in table.render(report)
    first, second = json.loads(json_format.render(report))["findings"]
    assert first["related"][-1]["code"] == "KIA1101"
    assert second["related"][-1]["code"] == "IST0101"


def test_twins_get_rows_of_their_own_when_asked() -> None:
    twins = [placed("IST0101"), placed("KIA1101", twin="IST0101")]
    assert len(table.render(FindingsReport(findings=twins, dedupe=False)).splitlines()) == 3


def test_twins_at_different_places_are_different_faults() -> None:
    apart = [placed("IST0101"), placed("KIA1101", twin="IST0101", path=("spec", "http", 1))]
    assert len(table.render(FindingsReport(findings=apart)).splitlines()) == 3


def test_the_table_lets_no_name_steer_the_terminal() -> None:
    text = table.render(FULL)
    assert "\x1b" not in text
    assert len(text.splitlines()) == 4


def test_colour_changes_nothing_but_colour() -> None:

    plain = table.render(FULL)
    painted = table.render(FULL, colour=True)
    assert painted != plain
    assert re.sub(r"\x1b\[\d*m", "", painted) == plain


def test_wide_characters_keep_columns_straight() -> None:

    assert cells("雪") == 2
    assert cells("e\u0301") == 1


def test_github_commands_stay_on_their_line() -> None:
    lines = github.render(FULL).splitlines()
    assert len(lines) == 4
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)


def test_markdown_rows_have_five_cells() -> None:
    rows = [line for line in markdown.render(FULL).splitlines() if line.startswith("|")]
    assert len(rows) == 5
    for row in rows:
        assert len(row.replace("\\|", "").split("|")) == 7


def test_html_escapes_what_comes_from_manifests() -> None:
    page = html.render(FULL)
    assert HOSTILE not in page
    assert "<d>" not in page
    assert "Traffic gets lost." in page


def test_names_are_listed_once() -> None:
    report = FindingsReport(findings=[placed(), placed("IST0102")])
    assert name.render(report) == "virtualservice/cart -n shop\n"


def test_an_empty_report_is_still_a_document() -> None:
    assert json.loads(json_format.render(EMPTY))["findings"] == []
    assert json.loads(sarif.render(EMPTY))["runs"][0]["results"] == []
    assert "<testcase" in junit.render(EMPTY)
    assert table.render(EMPTY) == ""
    assert github.render(EMPTY) == ""
