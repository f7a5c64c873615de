"""Which kinds getmesh knows: their API groups, served versions, scope, and the one key each has in a snapshot."""

from typing import Final, NamedTuple


class Kind(NamedTuple):
    """One kind of object.

    Attributes:
        key: the name under which a snapshot holds it; equals the kind but for kinds that two groups share.
        group: API group, ``""`` for the core one.
        kind: as written in manifests.
        versions: served versions that are read, newest first.
        plural: resource name in the API.
        namespaced: False for cluster-scoped kinds.
    """

    key: str
    group: str
    kind: str
    versions: tuple[str, ...]
    plural: str
    namespaced: bool = True


NETWORKING: Final = "networking.istio.io"
SECURITY: Final = "security.istio.io"
TELEMETRY: Final = "telemetry.istio.io"
EXTENSIONS: Final = "extensions.istio.io"
GATEWAY_API: Final = "gateway.networking.k8s.io"

ISTIO_GROUPS: Final = frozenset({NETWORKING, SECURITY, TELEMETRY, EXTENSIONS})

_TRAFFIC = ("v1", "v1beta1", "v1alpha3")
_KINDS: Final = (
    Kind("VirtualService", NETWORKING, "VirtualService", _TRAFFIC, "virtualservices"),
    Kind("DestinationRule", NETWORKING, "DestinationRule", _TRAFFIC, "destinationrules"),
    Kind("Gateway", NETWORKING, "Gateway", _TRAFFIC, "gateways"),
    Kind("ServiceEntry", NETWORKING, "ServiceEntry", _TRAFFIC, "serviceentries"),
    Kind("Sidecar", NETWORKING, "Sidecar", _TRAFFIC, "sidecars"),
    Kind("WorkloadEntry", NETWORKING, "WorkloadEntry", _TRAFFIC, "workloadentries"),
    Kind("WorkloadGroup", NETWORKING, "WorkloadGroup", _TRAFFIC, "workloadgroups"),
    Kind("ProxyConfig", NETWORKING, "ProxyConfig", ("v1beta1",), "proxyconfigs"),
    Kind("EnvoyFilter", NETWORKING, "EnvoyFilter", ("v1alpha3",), "envoyfilters"),
    Kind("AuthorizationPolicy", SECURITY, "AuthorizationPolicy", ("v1", "v1beta1"), "authorizationpolicies"),
    Kind("PeerAuthentication", SECURITY, "PeerAuthentication", ("v1", "v1beta1"), "peerauthentications"),
    Kind("RequestAuthentication", SECURITY, "RequestAuthentication", ("v1", "v1beta1"), "requestauthentications"),
    Kind("Telemetry", TELEMETRY, "Telemetry", ("v1", "v1alpha1"), "telemetries"),
    Kind("WasmPlugin", EXTENSIONS, "WasmPlugin", ("v1alpha1",), "wasmplugins"),
    Kind("TrafficExtension", EXTENSIONS, "TrafficExtension", ("v1alpha1",), "trafficextensions"),
    Kind("IstioOperator", "install.istio.io", "IstioOperator", ("v1alpha1",), "istiooperators"),
    Kind("k8s.GatewayClass", GATEWAY_API, "GatewayClass", ("v1", "v1beta1"), "gatewayclasses", namespaced=False),
    Kind("k8s.Gateway", GATEWAY_API, "Gateway", ("v1", "v1beta1"), "gateways"),
    Kind("HTTPRoute", GATEWAY_API, "HTTPRoute", ("v1", "v1beta1"), "httproutes"),
    Kind("GRPCRoute", GATEWAY_API, "GRPCRoute", ("v1", "v1alpha2"), "grpcroutes"),
    Kind("TCPRoute", GATEWAY_API, "TCPRoute", ("v1", "v1alpha2"), "tcproutes"),
    Kind("TLSRoute", GATEWAY_API, "TLSRoute", ("v1", "v1alpha3", "v1alpha2"), "tlsroutes"),
    Kind("UDPRoute", GATEWAY_API, "UDPRoute", ("v1alpha2",), "udproutes"),
    Kind("ReferenceGrant", GATEWAY_API, "ReferenceGrant", ("v1", "v1beta1"), "referencegrants"),
    Kind("BackendTLSPolicy", GATEWAY_API, "BackendTLSPolicy", ("v1", "v1alpha3"), "backendtlspolicies"),
    Kind("InferencePool", "inference.networking.k8s.io", "InferencePool", ("v1",), "inferencepools"),
    Kind("Namespace", "", "Namespace", ("v1",), "namespaces", namespaced=False),
    Kind("Node", "", "Node", ("v1",), "nodes", namespaced=False),
    Kind("Service", "", "Service", ("v1",), "services"),
    Kind("Endpoints", "", "Endpoints", ("v1",), "endpoints"),
    Kind("Pod", "", "Pod", ("v1",), "pods"),
    Kind("Secret", "", "Secret", ("v1",), "secrets"),
    Kind("ConfigMap", "", "ConfigMap", ("v1",), "configmaps"),
    Kind("ServiceAccount", "", "ServiceAccount", ("v1",), "serviceaccounts"),
    Kind("ReplicationController", "", "ReplicationController", ("v1",), "replicationcontrollers"),
    Kind("Deployment", "apps", "Deployment", ("v1",), "deployments"),
    Kind("ReplicaSet", "apps", "ReplicaSet", ("v1",), "replicasets"),
    Kind("StatefulSet", "apps", "StatefulSet", ("v1",), "statefulsets"),
    Kind("DaemonSet", "apps", "DaemonSet", ("v1",), "daemonsets"),
    Kind("Job", "batch", "Job", ("v1",), "jobs"),
    Kind("CronJob", "batch", "CronJob", ("v1",), "cronjobs"),
    Kind("Ingress", "networking.k8s.io", "Ingress", ("v1",), "ingresses"),
    Kind("IngressClass", "networking.k8s.io", "IngressClass", ("v1",), "ingressclasses", namespaced=False),
    Kind("EndpointSlice", "discovery.k8s.io", "EndpointSlice", ("v1",), "endpointslices"),
    Kind(
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        ("v1",),
        "mutatingwebhookconfigurations",
        namespaced=False,
    ),
    Kind(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        ("v1",),
        "validatingwebhookconfigurations",
        namespaced=False,
    ),
    Kind(
        "CustomResourceDefinition",
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        ("v1",),
        "customresourcedefinitions",
        namespaced=False,
    ),
    Kind("ServiceExport", "multicluster.x-k8s.io", "ServiceExport", ("v1alpha1",), "serviceexports"),
    Kind("ServiceImport", "multicluster.x-k8s.io", "ServiceImport", ("v1alpha1",), "serviceimports"),
)

BY_KEY: Final[dict[str, Kind]] = {kind.key: kind for kind in _KINDS}
BY_GROUP_KIND: Final[dict[tuple[str, str], Kind]] = {(kind.group, kind.kind): kind for kind in _KINDS}


def split_api_version(api_version: str) -> tuple[str, str]:
    """Give (group, version); the core group is ``""``."""
    group, slash, version = api_version.rpartition("/")
    return (group, version) if slash else ("", api_version)


def key_of(api_version: str, kind: str) -> str:
    """Give the snapshot key of an object; unknown kinds and versions get ``apiVersion/kind``, which no rule reads."""
    group, version = split_api_version(api_version)
    known = BY_GROUP_KIND.get((group, kind))
    if known is not None and version in known.versions:
        return known.key
    return f"{api_version}/{kind}"
