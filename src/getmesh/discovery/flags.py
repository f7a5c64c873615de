"""Feature flags of istiod that change what a proxy is sent, read from the environment of its Deployment.

Istio: ``pilot/pkg/features``; defaults as of the Istio version that is simulated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_REMOTE: Final = frozenset({"hybrid", "true", "envoy"})
_DRAINING: Final = "istio.io/draining"
_SESSION: Final = "istio.io/persistent-session"
_SESSION_HEADER: Final = "istio.io/persistent-session-header"
UNMODELLED: Final = {
    "ISTIO_DUAL_STACK": "endpoints and listeners with addresses of both families are shown as those of one",
    "ENABLE_MCS_SERVICE_DISCOVERY": "endpoints of other clusters are not limited to what ServiceExports export",
    "ENABLE_MCS_HOST": "hosts under clusterset.local are missing",
    "ENABLE_MCS_CLUSTER_LOCAL": "hosts under cluster.local are not limited to their own cluster",
    "AMBIENT_ENABLE_MULTI_NETWORK": "tunnels to workloads on other networks are not shown",
    "PILOT_ENABLE_QUIC_LISTENERS": "listeners for HTTP/3 are missing",
}
"""Variables that are not modelled, with what that leaves out."""
UNHEALTHY_SINCE: Final = (1, 31)
BEST_NAMESPACE_SINCE: Final = (1, 30)


@dataclass(frozen=True, slots=True)
class Flags:
    """What istiod was told by environment variables.

    Attributes:
        auto_unhealthy: unready endpoints are sent unless a DestinationRule asks for healthy ones.
        unhealthy: unready endpoints are always sent.
        best_namespace: a route's host that several namespaces define means the Kubernetes or oldest one.
        unified_scope: Kubernetes Services beat ServiceEntries of the same host within a Sidecar's import.
        enhanced_merge: DestinationRules merge only if their ``exportTo`` allows it.
        filter_gateways: gateways get only what their routes name.
        headless_eds: headless Services are EDS for sidecars too.
        select_entries: Kubernetes Services select WorkloadEntries.
        select_pods: ServiceEntries select pods.
        entry_health: WorkloadEntries with health checks count only when healthy.
        gateways_by_namespace: a Gateway applies to proxies of its own namespace only.
        merge_inbound: a Sidecar's ingress adds to the ports of Services instead of replacing them.
        draining_label: pods with this label drain.
        session_label: Services with this label keep draining endpoints.
        session_header_label: the same for sessions kept by header.
        remote_jwks: proxies fetch JSON web key sets themselves.
        ambient: ambient mode is on.
        sends_hbone: proxies get a cluster for tunnels to ambient workloads.
        prefers_hbone: tunnels are used even to workloads with sidecars.
        watch_namespace: the only namespace that istiod looks at, ``""`` for all.
        headless_chains: pods of a headless Service share a listener.
        unmodelled: variables that are set and change what is sent in ways that are not modelled.
    """

    auto_unhealthy: bool = True
    unhealthy: bool = False
    best_namespace: bool = True
    unified_scope: bool = True
    enhanced_merge: bool = True
    filter_gateways: bool = False
    headless_eds: bool = False
    select_entries: bool = True
    select_pods: bool = True
    entry_health: bool = True
    gateways_by_namespace: bool = False
    merge_inbound: bool = False
    draining_label: str = _DRAINING
    session_label: str = _SESSION
    session_header_label: str = _SESSION_HEADER
    remote_jwks: bool = False
    ambient: bool = False
    sends_hbone: bool = False
    prefers_hbone: bool = False
    watch_namespace: str = ""
    headless_chains: bool = False
    unmodelled: tuple[str, ...] = ()

    @classmethod
    def read(cls, env: Mapping[str, str], version: tuple[int, int]) -> Self:
        """Read the environment of an istiod of that (major, minor)."""
        ambient = _truth(env, "PILOT_ENABLE_AMBIENT", default=False)
        return cls(
            auto_unhealthy=_truth(env, "PILOT_AUTO_SEND_UNHEALTHY_ENDPOINTS", default=version >= UNHEALTHY_SINCE),
            unhealthy=_truth(env, "PILOT_SEND_UNHEALTHY_ENDPOINTS", default=False),
            best_namespace=_truth(
                env, "PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE", default=version >= BEST_NAMESPACE_SINCE
            ),
            unified_scope=_truth(env, "PILOT_UNIFIED_SIDECAR_SCOPE", default=True),
            enhanced_merge=_truth(env, "ENABLE_ENHANCED_DESTINATIONRULE_MERGE", default=True),
            filter_gateways=_truth(env, "PILOT_FILTER_GATEWAY_CLUSTER_CONFIG", default=False),
            headless_eds=_truth(env, "PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES", default=False),
            select_entries=_truth(env, "PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES", default=True),
            select_pods=_truth(env, "PILOT_ENABLE_SERVICEENTRY_SELECT_PODS", default=True),
            entry_health=_truth(env, "PILOT_ENABLE_WORKLOAD_ENTRY_HEALTHCHECKS", default=True),
            gateways_by_namespace=_truth(env, "PILOT_SCOPE_GATEWAY_TO_NAMESPACE", default=False),
            merge_inbound=_truth(env, "PILOT_ALLOW_SIDECAR_SERVICE_INBOUND_LISTENER_MERGE", default=False),
            draining_label=env.get("PILOT_DRAINING_LABEL", _DRAINING),
            session_label=env.get("PILOT_PERSISTENT_SESSION_LABEL", _SESSION),
            session_header_label=env.get("PILOT_PERSISTENT_SESSION_HEADER_LABEL", _SESSION_HEADER),
            remote_jwks=env.get("PILOT_JWT_ENABLE_REMOTE_JWKS", "false") in _REMOTE,
            ambient=ambient,
            sends_hbone=ambient and _truth(env, "PILOT_ENABLE_SENDING_HBONE", default=True),
            prefers_hbone=ambient and _truth(env, "PILOT_PREFER_SENDING_HBONE", default=False),
            watch_namespace=env.get("ISTIO_WATCH_NAMESPACE", ""),
            headless_chains=_truth(env, "PILOT_ENABLE_HEADLESS_FILTER_CHAIN_LISTENER", default=False),
            unmodelled=tuple(name for name in UNMODELLED if _truth(env, name, default=False)),
        )


def _truth(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Give a flag as Go reads booleans; anything else leaves the default."""
    value = env.get(name)
    if value in _TRUE:
        return True
    return False if value in _FALSE else default
