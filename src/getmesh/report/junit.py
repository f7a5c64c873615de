"""Findings as JUnit XML: one suite a file or namespace, one case an object that has findings."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from getmesh.analysis.placing import Placed
from getmesh.model.paths import path_text
from getmesh.report.findings import FindingsReport
from getmesh.report.gaps import gap_lines


def render(report: FindingsReport) -> str:
    """Give the XML; without findings one passing case says what was checked."""
    return render_several((report,))


def render_several(reports: Sequence[FindingsReport]) -> str:
    """Give the suites of every cluster, each under its cluster's name."""
    suites = ET.Element("testsuites", name="getmesh config-validate")
    for report in reports:
        _suites(suites, report)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _suites(suites: ET.Element, report: FindingsReport) -> None:
    before = f"{report.part}: " if report.part else ""
    groups: dict[str, list[Placed]] = {}
    for placed in report.findings:
        home = placed.place.file or placed.finding.object.namespace or "cluster"
        groups.setdefault(home, []).append(placed)
    for home, members in groups.items():
        suite = ET.SubElement(
            suites, "testsuite", name=_text(before + home), tests=str(len(members)), errors="0", skipped="0"
        )
        suite.set("failures", str(len(members)))
        for placed in members:
            _case(suite, placed)
    for fault in report.faults:
        case = _error(suites, before + fault.file, f"line {fault.line}", fault.message)
        case.text = _text(f"{fault.file}:{fault.line}:{fault.column} {fault.message}")
    if gaps := gap_lines(report):
        suite = ET.SubElement(suites, "testsuite", name=_text(f"{before}not everything could be looked at"))
        counts = {"tests": str(len(gaps)), "failures": "0", "errors": "0", "skipped": str(len(gaps))}
        suite.attrib.update(counts)
        for gap in gaps:
            case = ET.SubElement(suite, "testcase", name=_text(gap), classname="not evaluated")
            ET.SubElement(case, "skipped", message=_text(gap))
    if report.failure:
        _error(suites, report.part, "reading the cluster", report.failure)
    elif not groups and not report.faults:
        suite = ET.SubElement(suites, "testsuite", tests="1", failures="0", errors="0", skipped="0")
        suite.set("name", _text(f"{before}getmesh"))
        ET.SubElement(suite, "testcase", name=f"{report.objects} objects", classname="config-validate")


def _error(suites: ET.Element, home: str, name: str, message: str) -> ET.Element:
    suite = ET.SubElement(suites, "testsuite", name=_text(home), tests="1", failures="0", skipped="0", errors="1")
    case = ET.SubElement(suite, "testcase", name=name, classname="unreadable input")
    return ET.SubElement(case, "error", type="input", message=_text(message))


def _case(suite: ET.Element, placed: Placed) -> None:
    finding, obj = placed.finding, placed.finding.object
    name = f"{finding.meta.code} {obj.kind} {obj.full_name} {path_text(finding.path)}".rstrip()
    case = ET.SubElement(suite, "testcase", name=_text(name), classname=finding.meta.name)
    failure = ET.SubElement(case, "failure", type=str(finding.severity), message=_text(finding.message))
    place = f"{placed.place.file}:{placed.place.line}:{placed.place.column}\n" if placed.place.file else ""
    failure.text = _text(f"{place}{finding.message}\n{finding.meta.fix}")


def _text(value: str) -> str:
    return "".join(char if char in "\t\n" or (char.isprintable() and char < "\ufffe") else "\ufffd" for char in value)
