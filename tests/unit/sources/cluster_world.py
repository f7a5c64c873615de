"""A mesh to be served: a control plane with a revision, a gateway with a Secret, and Secrets that nobody may see."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from getmesh.ports.kube import KubeClient
from getmesh.ports.kube_access import open_access
from getmesh.sources.cluster import ClusterReading, Wish, read_cluster

Reader = Callable[..., ClusterReading]
TRAFFIC: Final = frozenset({"VirtualService", "Service"})
PEM: Final = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY: Final = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"


def obj(api: str, kind: str, name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    """Give an object; ``meta`` goes into its metadata."""
    meta = {"name": name, **fields.pop("meta", {}), **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **fields}


def b64(text: str) -> str:
    """Give a Secret's value."""
    return b64encode(text.encode()).decode()


def world() -> list[dict[str, Any]]:
    """Give two namespaces, a control plane with a revision, a gateway with a Secret, and Secrets nobody may see."""
    labels = {"app": "istiod", "istio.io/rev": "blue"}
    container = {
        "name": "discovery",
        "image": "docker.io/istio/pilot:1.29.1",
        "env": [{"name": "PILOT_ENABLE_AMBIENT", "value": "true"}, {"name": "DB_PASSWORD", "value": "hunter2"}],
    }
    pod = {
        "containers": [
            {"name": "app", "image": "a:1", "args": ["--token=hunter2"], "env": [{"name": "A", "value": "hunter2"}]}
        ]
    }
    server = {"port": {"number": 443}, "tls": {"credentialName": "web"}}
    helm = {"port": {"number": 444}, "tls": {"credentialName": "sh.helm.release.v1.x"}}
    return [
        obj("v1", "Namespace", "shop"),
        obj("v1", "Namespace", "pay"),
        obj("v1", "Namespace", "istio-system"),
        *(obj("v1", "Service", f"s{n}", "shop", spec={"ports": [{"port": n + 1}]}) for n in range(1203)),
        obj("v1", "Service", "bank", "pay", spec={}),
        obj(
            "networking.istio.io/v1", "VirtualService", "cart", "shop", spec={"hosts": ["cart"]},
            meta={"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2", "kept": "yes"}},
        ),
        obj(
            "networking.istio.io/v1", "Gateway", "edge", "shop",
            spec={"selector": {"a": "b"}, "servers": [server, helm]},
        ),
        obj("v1", "Pod", "edge-1", "shop", spec=pod, meta={"labels": {"a": "b"}}),
        obj(
            "apps/v1", "Deployment", "istiod-blue", "istio-system", meta={"labels": labels},
            spec={"template": {"spec": {"containers": [container]}}},
        ),
        obj(
            "v1", "ConfigMap", "istio-blue", "istio-system",
            data={"mesh": "rootNamespace: root\naccessToken: hunter2\n"},
        ),
        obj("v1", "ConfigMap", "istio-ca-root-cert", "shop", data={"root-cert.pem": PEM}),
        obj("v1", "ConfigMap", "private", "shop", data={"password": "hunter2"}),
        obj("v1", "Secret", "web", "shop", type="kubernetes.io/tls", data={"tls.crt": b64(PEM), "tls.key": b64(KEY)}),
        obj("v1", "Secret", "private", "shop", data={"password": b64("hunter2")}),
        obj("v1", "Secret", "sh.helm.release.v1.x", "shop", data={"release": b64("hunter2")}),
        obj(
            "v1", "Secret", "istio-remote-secret-west", "istio-system", data={"west": b64("kubeconfig hunter2")},
            meta={"labels": {"istio/multiCluster": "true"}, "annotations": {"networking.istio.io/cluster": "west"}},
        ),
        obj(
            "apiextensions.k8s.io/v1", "CustomResourceDefinition", "tcproutes.gateway.networking.k8s.io",
            spec={"big": 1},
        ),
    ]  # fmt: skip


def reader_of(kubeconfig: Path) -> Reader:
    """Give a function that reads the served mesh: some kinds, or all that are ever read."""

    def read(*kinds: str, **wish: Any) -> ClusterReading:
        client = KubeClient(open_access(str(kubeconfig), None))
        return read_cluster(client, Wish(frozenset(kinds), **wish) if kinds else Wish(**wish))

    return read


def names(reading: ClusterReading, key: str) -> list[str]:
    """Give the full names of the objects of a kind."""
    return [obj.full_name for obj in reading.objects if obj.key == key]
