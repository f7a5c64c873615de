"""The objects as istioctl's analyzers see them.

Istio: ``pkg/config/analysis/local`` ignores objects in some system namespaces, skips what it cannot decode and, when
it analyzes files, adds a default ingress gateway, so that a Gateway in a file alone does not accuse a cluster that
nobody looked at.
"""

from collections.abc import Mapping
from typing import Any, Final

from getmesh.model.fields.decodable import Decodable
from getmesh.model.fields.spelling import respelled
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot

IGNORED_NAMESPACES: Final = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})
INGRESS_NAME: Final = "istio-ingressgateway"
INGRESS_PORTS: Final = (80, 443, 31400, 15443)


def istioctl_view(snapshot: Snapshot) -> Snapshot:
    """Drop ignored namespaces and what cannot be decoded; offline, add the assumed gateway unless it is declared.

    Fields of Istio's kinds are seen in camel case, since Istio's reader takes the other spelling too.
    """
    decodable = snapshot.service(Decodable)
    kept = [
        respelled(obj) if position in decodable.loose else obj
        for position, obj in enumerate(decodable.objects)
        if not _ignored(obj)
    ]
    mesh = snapshot.service(MeshConfig)
    if snapshot.settings.mode == "offline" and mesh.root.text("ingressControllerMode") != "OFF":
        service = mesh.root.text("ingressService") or INGRESS_NAME
        given = {obj.identity for obj in kept}
        kept += [obj for obj in (_pod(), _service(service)) if obj.identity not in given]
    return Snapshot(kept, snapshot.settings)


def _ignored(obj: Object) -> bool:
    return obj.namespace in IGNORED_NAMESPACES or (obj.key == "Namespace" and obj.name in IGNORED_NAMESPACES)


def _assumed(kind: str, name: str, spec: Mapping[str, Any], labels: Mapping[str, str]) -> Object:
    meta = {"namespace": "istio-system", "name": name, "labels": dict(labels)}
    return Object({"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": dict(spec)})


def _pod() -> Object:
    labels = {"istio": "ingressgateway"}
    return _assumed("Pod", f"{INGRESS_NAME}-dummypod", {"containers": [{"name": "istio-proxy"}]}, labels)


def _service(name: str) -> Object:
    ports = [{"name": f"tcp-{port}", "port": port, "protocol": "TCP"} for port in INGRESS_PORTS]
    return _assumed("Service", name, {"ports": ports, "selector": {"istio": "ingressgateway"}}, {})
