"""Findings as JUnit XML: one suite a file or namespace, one case an object that has findings."""

from xml.etree import ElementTree as ET

from getmesh.analysis.placing import Placed
from getmesh.model.paths import path_text
from getmesh.report.findings import FindingsReport


def render(report: FindingsReport) -> str:
    """Give the XML; without findings one passing case says what was checked."""
    suites = ET.Element("testsuites", name="getmesh config-validate")
    groups: dict[str, list[Placed]] = {}
    for placed in report.findings:
        home = placed.place.file or placed.finding.object.namespace or "cluster"
        groups.setdefault(home, []).append(placed)
    for home, members in groups.items():
        suite = ET.SubElement(suites, "testsuite", name=_text(home), tests=str(len(members)), errors="0", skipped="0")
        suite.set("failures", str(len(members)))
        for placed in members:
            _case(suite, placed)
    for fault in report.faults:
        suite = ET.SubElement(suites, "testsuite", name=_text(fault.file), tests="1", failures="0", skipped="0")
        suite.set("errors", "1")
        case = ET.SubElement(suite, "testcase", name=f"line {fault.line}", classname="unreadable input")
        error = ET.SubElement(case, "error", type="input", message=_text(fault.message))
        error.text = _text(f"{fault.file}:{fault.line}:{fault.column} {fault.message}")
    if not groups and not report.faults:
        suite = ET.SubElement(suites, "testsuite", name="getmesh", tests="1", failures="0", errors="0", skipped="0")
        ET.SubElement(suite, "testcase", name=f"{report.objects} objects", classname="config-validate")
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, placed: Placed) -> None:
    finding, obj = placed.finding, placed.finding.object
    name = f"{finding.meta.code} {obj.kind} {obj.full_name} {path_text(finding.path)}".rstrip()
    case = ET.SubElement(suite, "testcase", name=_text(name), classname=finding.meta.name)
    failure = ET.SubElement(case, "failure", type=str(finding.severity), message=_text(finding.message))
    place = f"{placed.place.file}:{placed.place.line}:{placed.place.column}\n" if placed.place.file else ""
    failure.text = _text(f"{place}{finding.message}\n{finding.meta.fix}")


def _text(value: str) -> str:
    return "".join(char if char in "\t\n" or (char.isprintable() and char < "\ufffe") else "\ufffd" for char in value)
