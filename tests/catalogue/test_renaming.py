"""A namespace's name means nothing: renaming it everywhere only renames the findings."""

import re
from collections import Counter
from dataclasses import replace

from getmesh.analysis.cases import Case, describe, read_cases
from getmesh.analysis.catalogue import Rule
from getmesh.analysis.runner import run
from getmesh.model.snapshot import Snapshot
from tests.catalogue.worlds import world

# Names that mean something to Istio, Kubernetes or Kiali.
KNOWN = re.compile(r"(default|kube-.*|openshift.*|ibm.*|.*istio.*|local-path-storage|mesh|cluster|kiali-operator)\Z")


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return {str(key) for key in value} | {key for inner in value.values() for key in _keys(inner)}
    return {key for inner in value for key in _keys(inner)} if isinstance(value, list) else set()


def _renamable(name: str, words: set[str], case: Case) -> bool:
    """Whether the name stands only for itself: no key, no part of a pattern or of a domain, in one spelling."""
    if name in words or KNOWN.match(name) or name in str(case.mesh):
        return False
    if any(f"{name[:end]}*" in case.config for end in range(1, len(name))):
        return False
    whole = re.findall(rf"(?<![\w*-]){re.escape(name)}(?![\w*-]|\.example)", case.config)
    return len(whole) == len(re.findall(re.escape(name), case.config, re.IGNORECASE))


def _namespaces(snapshot: Snapshot, case: Case) -> list[str]:
    found = {obj.namespace for obj in snapshot.objects} | {obj.name for obj in snapshot.each("Namespace")}
    words = {key for obj in snapshot.objects for key in _keys(obj.raw)}
    return sorted(name for name in found if name and _renamable(name, words, case))


def _rename(text: str, names: list[str]) -> str:
    for name in names:
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", f"i{name}", text)
    return text


def test_renaming_namespaces_only_renames_the_findings(rule: Rule) -> None:
    for case in read_cases(rule.cases):
        snapshot, _ = world(case)
        names = _namespaces(snapshot, case)
        peers = {name: _rename(text, names) for name, text in case.peers.items()}
        renamed, _ = world(replace(case, config=_rename(case.config, names), peers=peers))
        wanted = Counter(_rename(describe(finding), names) for finding in run(snapshot, [rule]).findings)
        assert Counter(describe(finding) for finding in run(renamed, [rule]).findings) == wanted, case.name
