"""Admission webhooks of Istio: which configurations inject, for which revisions, and what their selectors take.

Istio: ``analyzers/webhook``.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, NamedTuple

from getmesh.model.membership import REVISION
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.selectors import matches_expressions
from getmesh.model.snapshot import Snapshot

_SUFFIX: Final = "istio.io"


class Hook(NamedTuple):
    """One entry of a webhook configuration.

    Attributes:
        configuration: the object that holds it.
        position: in ``webhooks``.
        value: the decoded entry.
    """

    configuration: Object
    position: int
    value: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, ``""`` if it has none."""
        return as_text(self.value.get("name"))

    def takes_namespace(self, labels: Mapping[str, str]) -> bool:
        """Whether its namespace selector matches; an absent one matches everything."""
        return matches_expressions(as_map(self.value.get("namespaceSelector")), labels)

    def takes_object(self, labels: Mapping[str, str]) -> bool:
        """Whether its object selector matches; an absent one matches everything."""
        return matches_expressions(as_map(self.value.get("objectSelector")), labels)


def hooks_of(configuration: Object) -> list[Hook]:
    """Give the entries of a mutating or validating webhook configuration, in order."""
    entries = as_list(configuration.raw.get("webhooks"))
    return [Hook(configuration, index, as_map(entry)) for index, entry in enumerate(entries)]


class Injectors:
    """Mutating webhooks that Istio's name or a revision marks as injectors.

    Attributes:
        named: single hooks whose name ends in ``istio.io``.
        hooks: every hook of each configuration that has such a hook or a revision.
        revisions: every revision that these configurations name, sorted.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"MutatingWebhookConfiguration"})

    def __init__(self, snapshot: Snapshot) -> None:
        self.named: list[Hook] = []
        self.hooks: list[Hook] = []
        revisions: set[str] = set()
        for configuration in snapshot.each("MutatingWebhookConfiguration"):
            hooks = hooks_of(configuration)
            named = [hook for hook in hooks if hook.name.endswith(_SUFFIX)]
            found = _revisions(configuration, hooks)
            self.named += named
            if named or found:
                self.hooks += hooks
                revisions |= found
        self.revisions = sorted(revisions)


def _revisions(configuration: Object, hooks: list[Hook]) -> set[str]:
    """Give the revisions that a configuration's label and selectors name, whatever the operators say."""
    found = {configuration.labels[REVISION]} if REVISION in configuration.labels else set()
    for hook in hooks:
        for field in ("namespaceSelector", "objectSelector"):
            selector = as_map(hook.value.get(field))
            pairs = as_map(selector.get("matchLabels"))
            if REVISION in pairs:
                found.add(as_text(pairs[REVISION]))
            for expression in map(as_map, as_list(selector.get("matchExpressions"))):
                if expression.get("key") == REVISION:
                    found.update(value for value in as_list(expression.get("values")) if isinstance(value, str))
    return found


def control_plane_hooks(snapshot: Snapshot) -> list[Hook]:
    """Give the hooks by which an API server calls istiod: those of the validators, then those of the injectors.

    Reads ValidatingWebhookConfiguration and MutatingWebhookConfiguration.
    """
    validators = [
        configuration
        for configuration in snapshot.each("ValidatingWebhookConfiguration")
        if configuration.name == "istiod-default-validator" or configuration.name.startswith("istio-validator")
    ]
    injectors = [
        configuration
        for configuration in snapshot.each("MutatingWebhookConfiguration")
        if configuration.name.startswith("istio-sidecar-injector")
    ]
    return [hook for configuration in (*validators, *injectors) for hook in hooks_of(configuration)]
