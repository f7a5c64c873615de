"""A rule's page, for the terminal, for the documentation and as data; all from META and the first cases."""

import textwrap
from typing import Any

from getmesh.analysis.cases import Case, read_cases
from getmesh.analysis.catalogue import Rule


def examples(rule: Rule) -> tuple[Case | None, Case | None]:
    """Give the first bad and the first good case: examples that ran as tests.

    None for a code that no input of getmesh can raise; `RuleMeta.gap` says why.
    """
    cases = read_cases(rule.cases)
    bad = next((case for case in cases if case.expect), None)
    good = next((case for case in cases if not case.expect), None)
    return bad, good


def _sections(rule: Rule) -> list[tuple[str, str]]:
    meta = rule.meta
    found = [("What it means", meta.means), ("Why it matters", meta.why), ("How to mend it", meta.fix)]
    if meta.twin:
        found.append(("Twin", f"{meta.twin} names the same fault in the other family."))
    found += [
        (f"Where we differ from {difference.reference}", f"{difference.what} {difference.ours}")
        for difference in meta.differs
    ]
    return found


def _facts(rule: Rule) -> str:
    meta = rule.meta
    kinds = ", ".join(sorted(kind.removeprefix("k8s.") for kind in meta.kinds)) or "nothing"
    return f"severity {meta.severity}; Istio {meta.istio}; since getmesh {meta.since}; reads {kinds}"


def text(rule: Rule, width: int = 100) -> str:
    """Give the page for a terminal."""
    meta = rule.meta
    bad, good = examples(rule)
    blocks = [f"{meta.code} {meta.name}", meta.title, _facts(rule)]
    blocks += [f"{title}:\n{_wrap(body, width)}" for title, body in _sections(rule)]
    if bad:
        blocks.append(f"Bad: {bad.name}\n{_indent(bad.text)}\n\n" + "\n".join(f"  -> {line}" for line in bad.expect))
    if good:
        blocks.append(f"Good: {good.name}\n{_indent(good.text)}")
    return "\n\n".join(blocks) + "\n"


def _wrap(body: str, width: int) -> str:
    return textwrap.fill(body, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _indent(config: str) -> str:
    return textwrap.indent(config.rstrip("\n"), "    ")


def page(rule: Rule) -> str:
    """Give the page as Markdown, one sentence a line."""
    meta = rule.meta
    bad, good = examples(rule)
    parts = [f"# {meta.code} {meta.name}", f"{meta.title}.", f"{_facts(rule).capitalize()}."]
    parts += [f"## {title}\n\n{_lines(body)}" for title, body in _sections(rule)]
    if bad:
        findings = "\n".join(bad.expect)
        parts.append(f"## Bad: {bad.name}\n\n```yaml\n{bad.text.rstrip()}\n```\n\nFound:\n\n```text\n{findings}\n```")
    if good:
        parts.append(f"## Good: {good.name}\n\n```yaml\n{good.text.rstrip()}\n```")
    if meta.link:
        parts.append(f"Reference: <{meta.link}>")
    return "\n\n".join(parts) + "\n"


def _lines(body: str) -> str:
    return body.replace(". ", ".\n")


def data(rule: Rule, *, with_examples: bool = True) -> dict[str, Any]:
    """Give every fact about a rule as plain data."""
    meta = rule.meta
    found: dict[str, Any] = {
        "code": meta.code,
        "name": meta.name,
        "severity": str(meta.severity),
        "title": meta.title,
        "means": meta.means,
        "why": meta.why,
        "fix": meta.fix,
        "message": meta.message,
        "reads": sorted(meta.kinds),
        "istio": meta.istio,
        "since": meta.since,
        "twin": meta.twin,
        "differs": [difference._asdict() for difference in meta.differs],
        "evaluated": "always" if meta.gap is None else "when the input holds what it needs",
        "link": meta.link,
    }
    if with_examples:
        bad, good = examples(rule)
        found["bad"] = {"name": bad.name, "config": bad.text, "findings": list(bad.expect)} if bad else None
        found["good"] = {"name": good.name, "config": good.text} if good else None
    return found
