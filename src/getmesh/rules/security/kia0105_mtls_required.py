"""KIA0105: an AuthorizationPolicy asks for identities where mutual TLS is not in use."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_mtls import KialiMtls
from getmesh.model.kiali_policies import blocks, match_labels
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0105",
    name="authorizationpolicy-mtls-required",
    severity=Severity.ERROR,
    title="AuthorizationPolicy asks for identities without mutual TLS",
    means=(
        "The rule looks at the namespace, the principal or the SNI of its callers, which only mutual TLS proves, but "
        "PeerAuthentications and DestinationRules leave it out where the policy applies."
    ),
    why="Callers have no identity there: an ALLOW rule never matches, and a DENY rule lets everybody through.",
    fix="Turn mutual TLS on for these workloads, or match something else, such as ipBlocks.",
    message="{field} needs mutual TLS, which is not in use here",
    reads=("AuthorizationPolicy",),
    uses=(KialiMembership, KialiMtls),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "Kiali takes mode UNSET and an empty mtls block for a namespace as neither on nor off, and so as off.",
            "Such a policy inherits, as Istio does, from the mesh or from the default.",
        ),
        Difference(
            "kiali",
            "Kiali falls back to the namespace's mode for a workload whose own policy is PERMISSIVE.",
            "PERMISSIVE accepts mutual TLS, so only what the clients do decides.",
        ),
    ),
    link="https://kiali.io/docs/features/validations/#kia0105---this-field-requires-mtls-to-be-enabled",
)

SOURCES = ("principals", "notPrincipals", "namespaces", "notNamespaces")
CONDITIONS = frozenset({"source.namespace", "source.principal", "connection.sni"})


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each field that needs an identity, in policies whose workloads speak plain text."""
    membership = snapshot.service(KialiMembership)
    mtls = snapshot.service(KialiMtls)
    for policy in membership.objects("AuthorizationPolicy"):
        if not membership.managed(policy.namespace):
            continue
        needing = list(_fields(policy))
        if needing and not mtls.policy_on(policy.namespace, match_labels(policy)):
            for path, name in needing:
                yield META.on(policy, path, field=name)


def _fields(policy: Object) -> Iterator[tuple[Path, str]]:
    for i, j, source in blocks(policy, "from", "source"):
        for name in SOURCES:
            if as_list(source.get(name)):
                yield ("spec", "rules", i, "from", j, "source", name), name
    for i, rule in enumerate(as_list(policy.spec.get("rules"))):
        for k, condition in enumerate(as_list(as_map(rule).get("when"))):
            key = as_text(as_map(condition).get("key"))
            if key in CONDITIONS:
                yield ("spec", "rules", i, "when", k), f"condition {key}"
