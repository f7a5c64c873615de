"""The fields of Kubernetes kinds that getmesh's rules rely on, with their types.

No general validator: a field that is not listed is not looked at. Notation: a type's name; ``[item]`` for a list;
``{"*": value}`` for a map; ``{name: field}`` for an object.
"""

from typing import Any, Final

_MAP: Final = {"*": "string"}
_SELECTOR: Final = {
    "matchLabels": _MAP,
    "matchExpressions": [{"key": "string", "operator": "string", "values": ["string"]}],
}
_PROBE: Final = {
    "httpGet": {"path": "string", "port": "intOrString", "host": "string", "scheme": "string"},
    "tcpSocket": {"port": "intOrString", "host": "string"},
    "grpc": {"port": "int32", "service": "string"},
}
_CONTAINER: Final = {
    "name": "string",
    "image": "string",
    "command": ["string"],
    "args": ["string"],
    "ports": [{"name": "string", "containerPort": "int32", "hostPort": "int32", "protocol": "string"}],
    "env": [{"name": "string", "value": "string"}],
    "securityContext": {"runAsUser": "int64", "runAsGroup": "int64", "privileged": "bool"},
    "readinessProbe": _PROBE,
    "livenessProbe": _PROBE,
    "startupProbe": _PROBE,
    "restartPolicy": "string",
}
_POD: Final = {
    "containers": [_CONTAINER],
    "initContainers": [_CONTAINER],
    "hostNetwork": "bool",
    "nodeName": "string",
    "nodeSelector": _MAP,
    "serviceAccountName": "string",
    "restartPolicy": "string",
    "securityContext": {"runAsUser": "int64", "runAsGroup": "int64"},
}
_TEMPLATE: Final = {"metadata": {"name": "string", "labels": _MAP, "annotations": _MAP}, "spec": _POD}
_STATUS: Final = {"conditions": [{"type": "string", "status": "string", "reason": "string", "message": "string"}]}
_WORKLOAD: Final = {"spec": {"replicas": "int32", "selector": _SELECTOR, "template": _TEMPLATE}}
_REFERENCE: Final = {
    "group": "string",
    "kind": "string",
    "namespace": "string",
    "name": "string",
    "port": "int32",
    "sectionName": "string",
}
_BACKEND: Final = {**_REFERENCE, "weight": "int32"}
_ROUTE_STATUS: Final = {"parents": [{"parentRef": _REFERENCE, "controllerName": "string", **_STATUS}]}
_MATCH: Final = {"type": "string", "name": "string", "value": "string"}
_FILTER: Final = {"type": "string", "requestMirror": {"backendRef": _BACKEND}}
_NAMESPACES: Final = {"from": "string", "selector": _SELECTOR}
_ADDRESSES: Final = [{"type": "string", "value": "string"}]
_PORT_STATUS: Final = {"ip": "string", "hostname": "string"}


def _route(rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"spec": {"parentRefs": [_REFERENCE], "rules": [rule], **more}, "status": _ROUTE_STATUS}


def _webhook(**more: Any) -> dict[str, Any]:
    client = {"url": "string", "service": {"namespace": "string", "name": "string", "path": "string", "port": "int32"}}
    selectors = {"namespaceSelector": _SELECTOR, "objectSelector": _SELECTOR}
    return {"webhooks": [{"name": "string", "clientConfig": client, "failurePolicy": "string", **selectors, **more}]}


KUBERNETES: Final[dict[str, Any]] = {
    "Namespace": {"status": {"phase": "string", **_STATUS}},
    "Node": {"spec": {"podCIDR": "string", "unschedulable": "bool"}, "status": {"addresses": [{"address": "string"}]}},
    "Service": {
        "spec": {
            "ports": [{
                "name": "string", "protocol": "string", "appProtocol": "string", "port": "int32",
                "targetPort": "intOrString", "nodePort": "int32",
            }],
            "selector": _MAP,
            "type": "string",
            "clusterIP": "string",
            "clusterIPs": ["string"],
            "externalIPs": ["string"],
            "externalName": "string",
            "sessionAffinity": "string",
            "internalTrafficPolicy": "string",
            "externalTrafficPolicy": "string",
            "trafficDistribution": "string",
            "publishNotReadyAddresses": "bool",
        },
        "status": {"loadBalancer": {"ingress": [_PORT_STATUS]}, **_STATUS},
    },
    "Endpoints": {
        "subsets": [{
            "addresses": [{"ip": "string", "hostname": "string", "nodeName": "string"}],
            "ports": [{"name": "string", "port": "int32", "protocol": "string"}],
        }],
    },
    "EndpointSlice": {
        "addressType": "string",
        "endpoints": [{"addresses": ["string"], "hostname": "string", "nodeName": "string", "zone": "string"}],
        "ports": [{"name": "string", "port": "int32", "protocol": "string", "appProtocol": "string"}],
    },
    "Pod": {"spec": _POD, "status": {"phase": "string", "podIP": "string", **_STATUS}},
    "Secret": {"type": "string", "data": {"*": "bytes"}, "stringData": _MAP},
    "ConfigMap": {"data": _MAP, "binaryData": {"*": "bytes"}},
    "ServiceAccount": {"automountServiceAccountToken": "bool"},
    "Deployment": _WORKLOAD,
    "ReplicaSet": _WORKLOAD,
    "StatefulSet": {"spec": {**_WORKLOAD["spec"], "serviceName": "string"}},
    "DaemonSet": {"spec": {"selector": _SELECTOR, "template": _TEMPLATE}},
    "ReplicationController": {"spec": {"replicas": "int32", "selector": _MAP, "template": _TEMPLATE}},
    "Job": {"spec": {"template": _TEMPLATE}},
    "CronJob": {"spec": {"schedule": "string", "jobTemplate": {"spec": {"template": _TEMPLATE}}}},
    "MutatingWebhookConfiguration": _webhook(reinvocationPolicy="string"),
    "ValidatingWebhookConfiguration": _webhook(),
    "CustomResourceDefinition": {
        "spec": {
            "group": "string",
            "names": {"kind": "string", "plural": "string"},
            "scope": "string",
            "versions": [{"name": "string", "served": "bool", "storage": "bool"}],
        },
    },
    "k8s.GatewayClass": {"spec": {"controllerName": "string"}, "status": _STATUS},
    "k8s.Gateway": {
        "spec": {
            "gatewayClassName": "string",
            "listeners": [{
                "name": "string", "hostname": "string", "port": "int32", "protocol": "string",
                "tls": {"mode": "string", "certificateRefs": [_REFERENCE], "options": _MAP},
                "allowedRoutes": {"namespaces": _NAMESPACES, "kinds": [{"group": "string", "kind": "string"}]},
            }],
            "addresses": _ADDRESSES,
            "infrastructure": {"labels": _MAP, "annotations": _MAP},
        },
        "status": {"addresses": _ADDRESSES, **_STATUS},
    },
    "HTTPRoute": _route(
        {
            "name": "string",
            "matches": [{
                "path": {"type": "string", "value": "string"}, "headers": [_MATCH], "queryParams": [_MATCH],
                "method": "string",
            }],
            "filters": [_FILTER],
            "backendRefs": [{**_BACKEND, "filters": [_FILTER]}],
        },
        hostnames=["string"],
    ),
    "GRPCRoute": _route(
        {
            "name": "string",
            "matches": [{"method": {"type": "string", "service": "string", "method": "string"}, "headers": [_MATCH]}],
            "filters": [_FILTER],
            "backendRefs": [{**_BACKEND, "filters": [_FILTER]}],
        },
        hostnames=["string"],
    ),
    "TCPRoute": _route({"name": "string", "backendRefs": [_BACKEND]}),
    "UDPRoute": _route({"name": "string", "backendRefs": [_BACKEND]}),
    "TLSRoute": _route({"name": "string", "backendRefs": [_BACKEND]}, hostnames=["string"]),
    "ReferenceGrant": {
        "spec": {
            "from": [{"group": "string", "kind": "string", "namespace": "string"}],
            "to": [{"group": "string", "kind": "string", "name": "string"}],
        },
    },
}  # fmt: skip
