"""Finds the rules. A rule is a module ``getmesh/rules/<topic>/<code>_<words>.py`` with ``META`` and ``check``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from getmesh.analysis.finding import Finding
from getmesh.analysis.meta import RuleMeta
from getmesh.model.snapshot import Snapshot

PACKAGE = "getmesh.rules"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, loaded.

    Attributes:
        meta: its facts.
        check: yields findings for a snapshot in the view of its family.
        cases: its YAML cases as text.
    """

    meta: RuleMeta
    check: Callable[[Snapshot], Iterator[Finding]]
    module: str
    _cases: Traversable

    @property
    def cases(self) -> str:
        """The text of the rule's YAML cases."""
        return self._cases.read_text(encoding="utf-8")


def modules() -> dict[str, str]:
    """Give every code with the module that claims it, sorted by code; nothing is imported.

    Raises:
        RuntimeError: two modules claim one code.
    """
    found: dict[str, str] = {}
    for topic in files(PACKAGE).iterdir():
        if not topic.is_dir() or topic.name.startswith("_"):
            continue
        for entry in topic.iterdir():
            stem = entry.name.removesuffix(".py")
            code = stem.partition("_")[0].upper()
            if not entry.name.endswith(".py") or not code[-4:].isdigit() or stem.startswith("_"):
                continue
            module = f"{PACKAGE}.{topic.name}.{stem}"
            if code in found:
                raise RuntimeError(f"{found[code]} and {module} both claim {code}")
            found[code] = module
    return dict(sorted(found.items()))


def load(code: str, module: str) -> Rule:
    """Import one rule.

    Raises:
        RuntimeError: the module has no META, no check, or another code.
    """
    loaded: Any = import_module(module)
    meta, check = getattr(loaded, "META", None), getattr(loaded, "check", None)
    if not isinstance(meta, RuleMeta) or not callable(check) or meta.code != code:
        raise RuntimeError(f"{module} is no rule for {code}: it needs META with that code, and check()")
    topic, _, stem = module.removeprefix(f"{PACKAGE}.").partition(".")
    return Rule(meta, check, module, files(PACKAGE) / topic / f"{stem}.yaml")


def rules(codes: frozenset[str] | None = None) -> tuple[Rule, ...]:
    """Load the rules of these codes, or all, sorted by code."""
    return tuple(load(code, module) for code, module in modules().items() if codes is None or code in codes)
