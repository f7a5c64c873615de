"""IST0166: a policy selects a Gateway API gateway by labels, which reaches nothing."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.objects import as_map, as_strings
from getmesh.model.selectors import Labels, matches
from getmesh.model.snapshot import Snapshot

GATEWAY_NAME: Final = "gateway.networking.k8s.io/gateway-name"
_KINDS: Final = ("AuthorizationPolicy", "RequestAuthentication", "Telemetry", "WasmPlugin")

META = RuleMeta(
    code="IST0166",
    name="policy-selects-gateway-by-labels",
    severity=Severity.WARNING,
    title="Selector matches the Pods of a Gateway API gateway",
    means="The policy's selector matches Pods that Istio runs for a Gateway of the Gateway API.",
    why="Such gateways obey only policies that name them by targetRef, so this one is not enforced on their traffic.",
    fix="Name the Gateway by targetRefs, in a policy of its own if the selector is meant for other workloads as well.",
    message="selector matches pods of gateway {gateway!r}, which obeys only policies that name it as a target",
    reads=(*_KINDS, "Pod"),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0166/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each policy and gateway of its namespace that its selector matches."""
    gateways: dict[str, dict[str, list[Labels]]] = {}
    for pod in snapshot.each("Pod"):
        name = pod.labels.get(GATEWAY_NAME)
        if name is not None:
            gateways.setdefault(pod.namespace, {}).setdefault(name, []).append(pod.labels)
    for kind in _KINDS:
        for policy in snapshot.each(kind):
            selector, around = policy.spec.get("selector"), gateways.get(policy.namespace)
            if not around or not isinstance(selector, dict) or isinstance(policy.spec.get("targetRef"), dict):
                continue
            wanted = as_strings(as_map(selector).get("matchLabels"))
            for name, pods in around.items():
                if any(matches(wanted, labels) for labels in pods):
                    yield META.on(policy, ("spec", "selector"), gateway=name)
