"""The quick search for overlapping injection hooks agrees with trying every probe on every pair."""

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.model.hookoverlaps import HookOverlaps
from getmesh.model.objects import Object
from getmesh.model.selectors import matches_expressions
from getmesh.model.snapshot import Snapshot
from getmesh.model.webhooks import Hook, Injectors

_KEYS = st.sampled_from(["istio-injection", "sidecar.istio.io/inject", "istio.io/rev", "team"])
_VALUES = st.sampled_from(["enabled", "disabled", "true", "false", "a", "b"])
_EXPRESSION = st.fixed_dictionaries(
    {
        "key": _KEYS,
        "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Odd"]),
        "values": st.lists(_VALUES, max_size=2),
    }
)
_SELECTOR = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(_KEYS, _VALUES, max_size=2),
        "matchExpressions": st.lists(_EXPRESSION, max_size=2),
    },
)
_HOOK = st.fixed_dictionaries(
    {"name": st.sampled_from(["a.istio.io", "b.istio.io", "c.example.com"])},
    optional={"namespaceSelector": _SELECTOR, "objectSelector": _SELECTOR},
)


def _label(hook: Hook) -> str:
    return f"{hook.configuration.name}/{hook.name}"


def _probes(key: str, values: tuple[str, str], revisions: list[str]) -> list[dict[str, str]]:
    plain: list[dict[str, str]] = [{}, {key: values[0]}, {key: values[1]}]
    return plain + [labels | {"istio.io/rev": revision} for revision in revisions for labels in plain]


def _takes(hook: Hook, namespace: dict[str, str], obj: dict[str, str]) -> bool:
    return matches_expressions(hook.value.get("namespaceSelector") or {}, namespace) and matches_expressions(
        hook.value.get("objectSelector") or {}, obj
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_HOOK, max_size=3), max_size=3))
def test_hooks_overlap_exactly_if_some_probe_is_taken_by_both(configurations: list[list[dict[str, Any]]]) -> None:
    objects = [
        Object(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": f"c{index}"},
                "webhooks": hooks,
            }
        )
        for index, hooks in enumerate(configurations)
    ]
    snapshot = Snapshot(objects)
    injectors = snapshot.service(Injectors)
    namespaces = _probes("istio-injection", ("enabled", "disabled"), injectors.revisions)
    pods = _probes("sidecar.istio.io/inject", ("true", "false"), injectors.revisions)
    wanted: dict[tuple[str, int], set[str]] = {}
    for namespace, pod in product(namespaces, pods):
        taking = [hook for hook in injectors.hooks if _takes(hook, namespace, pod)]
        for hook in taking:
            others = {_label(other) for other in taking} - {_label(hook)}
            if others:
                wanted.setdefault((hook.configuration.name, hook.position), set()).update(others)
    found = {
        (hook.configuration.name, hook.position): set(others)
        for hook, others in snapshot.service(HookOverlaps).overlaps
    }
    assert found == wanted
