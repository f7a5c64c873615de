"""Claims that hold for every rule in the catalogue."""

import copy
import re
from collections import Counter

from getmesh.analysis.cases import describe, read_cases
from getmesh.analysis.catalogue import Rule, modules
from getmesh.analysis.families import view_for
from getmesh.analysis.runner import run
from getmesh.sources.reading import read
from tests.catalogue.worlds import world

FORBIDDEN_NAMES = ("avoid-", "use-", "no-", "check-", "invalid-use")


def test_each_case_gives_exactly_the_findings_that_it_states(rule: Rule) -> None:
    for case in read_cases(rule.cases):
        snapshot, _ = world(case)
        result = run(snapshot, [rule])
        assert [crash.error for crash in result.crashes] == [], case.name
        assert [describe(finding) for finding in result.findings] == list(case.expect), case.name


def test_each_finding_leads_to_a_line(rule: Rule) -> None:
    for case in read_cases(rule.cases):
        snapshot, reading = world(case)
        for finding in run(snapshot, [rule]).findings:
            if finding.object.origin is not None:
                place = reading.locator.locate(finding.object, finding.path)
                assert 1 <= place.line <= case.config.count("\n") + 1, (case.name, describe(finding))
                assert place.column >= 1, (case.name, describe(finding))


def test_what_a_rule_declares_to_read_is_what_it_reads(rule: Rule) -> None:
    read: set[str] = set()
    for case in read_cases(rule.cases):
        snapshot, _ = world(case)
        view = view_for(snapshot, rule.meta.family)
        with view.watching() as seen:
            list(rule.check(view))
        read |= seen
    declared = rule.meta.kinds
    assert read == declared, f"reads {sorted(read - declared)} undeclared, declares {sorted(declared - read)} unread"


def test_judging_changes_nothing(rule: Rule) -> None:
    for case in read_cases(rule.cases):
        snapshot, _ = world(case)
        before = copy.deepcopy([obj.raw for obj in snapshot.objects])
        run(snapshot, [rule])
        assert [obj.raw for obj in snapshot.objects] == before, case.name


def test_the_order_of_documents_does_not_matter(rule: Rule) -> None:
    for case in read_cases(rule.cases):
        snapshot, reading = world(case)
        if any(note.problem == "repeated" for obj in reading.objects for note in obj.notes):
            continue  # of two objects with one name the later counts: there order is the meaning
        turned = type(snapshot)(reversed(snapshot.objects), snapshot.settings)
        forth = Counter(describe(finding) for finding in run(snapshot, [rule]).findings)
        back = Counter(describe(finding) for finding in run(turned, [rule]).findings)
        assert forth == back, case.name


def test_an_unrelated_namespace_changes_nothing(rule: Rule) -> None:
    for case in read_cases(rule.cases):
        snapshot, _ = world(case)
        other = "apiVersion: v1\nkind: Namespace\nmetadata: {name: unrelated-zz, labels: {istio-injection: disabled}}\n"
        extra = read(["-"], stdin=other.encode(), jobs=1).objects
        before = [describe(finding) for finding in run(snapshot, [rule]).findings]
        after = [
            describe(finding)
            for finding in run(snapshot.overlay(extra), [rule]).findings
            if finding.object.name != "unrelated-zz"
        ]
        assert after == before, case.name


def test_a_rule_has_a_bad_and_a_good_case_unless_nothing_can_raise_it(rule: Rule) -> None:
    cases = read_cases(rule.cases)
    never = rule.meta.gap is not None and all(rule.meta.gap(world(case)[0]) for case in cases)
    assert any(not case.expect for case in cases)
    assert never or any(case.expect for case in cases)


def test_facts_are_whole_sentences(rule: Rule) -> None:
    meta = rule.meta
    for field in ("means", "why", "fix"):
        text = getattr(meta, field)
        assert re.match(r"[A-Z0-9'\"`<]", text), f"{field}: {text}"
        assert text.endswith("."), f"{field}: {text}"
        assert len(text) > 20, f"{field}: {text}"
    assert meta.title[0].isupper() or meta.title[0].isdigit(), meta.title
    assert not meta.title.endswith("."), meta.title
    for difference in meta.differs:
        assert difference.reference in {"istioctl", "kiali"}
        assert difference.what.endswith("."), difference
        assert difference.ours.endswith("."), difference


def test_a_name_says_kind_and_problem(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.meta.name), rule.meta.name
    assert not rule.meta.name.startswith(FORBIDDEN_NAMES), rule.meta.name


def test_a_module_is_named_after_its_code(rule: Rule) -> None:
    assert rule.module.rpartition(".")[2].startswith(rule.meta.code.lower() + "_")


def test_codes_and_names_are_unique(every_rule: tuple[Rule, ...]) -> None:
    assert set(Counter(rule.meta.name for rule in every_rule).values()) == {1}
    assert len(modules()) == len(every_rule)


def test_a_twin_knows_its_twin(every_rule: tuple[Rule, ...]) -> None:
    known = {rule.meta.code: rule.meta for rule in every_rule}
    for rule in every_rule:
        if rule.meta.twin:
            assert rule.meta.twin in known, rule.meta.code
            assert rule.meta.twin[:3] != rule.meta.code[:3], rule.meta.code
