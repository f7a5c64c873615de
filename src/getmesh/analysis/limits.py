"""What may be said of a mesh that could be read in part only.

A rule is left out if a kind that it needs could not be read at all. If a kind could be read in some namespaces, its
verdicts on the objects of those namespaces are kept, but not one that hangs on what another namespace may hold: that a
host, gateway or workload elsewhere is missing cannot be told without looking there.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from getmesh.analysis.catalogue import Rule
from getmesh.analysis.finding import Finding
from getmesh.model.kinds import BY_KEY
from getmesh.model.snapshot import Snapshot

_SVC: Final = "svc"


class Limit(NamedTuple):
    """How far a rule can be evaluated.

    Attributes:
        reason: why not everywhere.
        namespaces: where it can be, None for nowhere.
    """

    reason: str
    namespaces: frozenset[str] | None


def limit_of(snapshot: Snapshot, rule: Rule) -> Limit | None:
    """Give the limit of a rule, None if it can be evaluated everywhere."""
    settings = snapshot.settings
    unread = {kind: settings.unread[kind] for kind in sorted(rule.meta.kinds) if kind in settings.unread}
    unread |= {kind: settings.assumed[kind] for kind in sorted(rule.meta.reads) if kind in settings.assumed}
    if unread:
        return Limit("; ".join(f"{kind}: {reason}" for kind, reason in unread.items()), None)
    partial = sorted(kind for kind in rule.meta.kinds if kind in settings.partial)
    if not partial:
        return None
    namespaces = frozenset.intersection(*(settings.partial[kind] for kind in partial))
    kinds = ", ".join(partial)
    if not namespaces:
        return Limit(f"no namespace lets you list all of {kinds}", None)
    return Limit(f"evaluated in {', '.join(sorted(namespaces))} only, where you may list {kinds}", namespaces)


def certain(finding: Finding, namespaces: frozenset[str]) -> bool:
    """Whether a finding holds whatever the namespaces hold that could not be read."""
    obj = finding.object
    home = obj.namespace or (obj.name if obj.key == "Namespace" else "")
    if home not in namespaces:
        return False
    if obj.key == "Gateway" and "selector" in finding.path:
        return False  # it selects pods of every namespace
    return all(_within(word, namespaces) for word in _words(finding))


def _words(finding: Finding) -> Iterator[str]:
    """Yield whatever in the arguments of a finding may be the name of something."""
    for text in finding.arguments.values():
        for word in text.replace(",", " ").split():
            yield word.strip("'\"()[]{}:;")


def _within(word: str, namespaces: frozenset[str]) -> bool:
    """Whether a name can only mean something in these namespaces."""
    if "/" in word:
        first = word.partition("/")[0]
        return first in namespaces or first in (".", "") or first in BY_KEY
    if "." not in word.strip("."):
        return True
    labels = word.split(".")
    if _SVC in labels[2:3]:
        return labels[1] in namespaces
    return (len(labels) == 2 and labels[1] in namespaces) or not _host(word)  # noqa: PLR2004 - name.namespace


def _host(word: str) -> bool:
    return word.replace("*", "").replace(".", "").replace("-", "").isalnum() and not word.startswith("spec.")
