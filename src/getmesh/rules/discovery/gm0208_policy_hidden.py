"""GM0208: a policy is in a namespace that is not discovered, and proxies run there."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.hiddenproxies import HiddenProxies
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

KINDS = (
    "AuthorizationPolicy", "EnvoyFilter", "PeerAuthentication", "RequestAuthentication", "Sidecar", "Telemetry",
    "WasmPlugin",
)  # fmt: skip

META = RuleMeta(
    code="GM0208",
    name="policy-namespace-hidden",
    severity=Severity.ERROR,
    title="A policy does not apply because its namespace is not discovered",
    means="Proxies run in the policy's namespace, but no discovery selector matches it, so istiod ignores the policy.",
    why="What it denies is allowed, what it requires is not asked for, and nothing says so.",
    fix="Label the namespace as the selectors ask, or move the policy to a namespace that is discovered.",
    message="{kind} does not apply: namespace '{namespace}' matches no discovery selector",
    reads=KINDS,
    uses=(HiddenProxies, SelectedNamespaces),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each policy that proxies of its namespace would need."""
    selected, hidden = snapshot.service(SelectedNamespaces), snapshot.service(HiddenProxies)
    for kind in KINDS if selected.filtering else ():
        for policy in snapshot.each(kind):
            if hidden.count(policy.namespace) and policy.namespace != selected.root:
                yield META.on(policy, kind=policy.kind, namespace=policy.namespace)
