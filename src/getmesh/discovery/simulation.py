"""A mesh, simulated: its istiods, its proxies, and what each proxy is sent."""

from collections.abc import Mapping
from typing import Final

from getmesh.discovery.cluster import DEFAULT_CLUSTER
from getmesh.discovery.controlplane import ControlPlane, ControlPlanes
from getmesh.discovery.endpoints import condition
from getmesh.discovery.istiod import Istiod, View
from getmesh.discovery.proxies import ROUTER, SIDECAR, Proxy, proxies_of, proxy_of
from getmesh.discovery.services import created
from getmesh.errors import UsageError
from getmesh.model.membership import INJECT, Membership
from getmesh.model.objects import Object, as_map, as_strings
from getmesh.model.selectors import matches
from getmesh.model.snapshot import Snapshot

TYPES: Final = {
    "pod": "Pod", "po": "Pod", "pods": "Pod",
    "deployment": "Deployment", "deploy": "Deployment", "deployments": "Deployment", "deployment.apps": "Deployment",
    "statefulset": "StatefulSet", "sts": "StatefulSet", "statefulsets": "StatefulSet",
    "daemonset": "DaemonSet", "ds": "DaemonSet", "daemonsets": "DaemonSet",
    "replicaset": "ReplicaSet", "rs": "ReplicaSet", "replicasets": "ReplicaSet",
    "job": "Job", "jobs": "Job",
    "service": "Service", "svc": "Service", "services": "Service",
}  # fmt: skip
KINDS: Final = frozenset({
    "ConfigMap", "DaemonSet", "Deployment", "DestinationRule", "EndpointSlice", "Endpoints", "EnvoyFilter", "GRPCRoute",
    "Gateway", "HTTPRoute", "IstioOperator", "Job", "Namespace", "Node", "PeerAuthentication", "Pod", "ReplicaSet",
    "RequestAuthentication", "Service", "ServiceEntry", "Sidecar", "StatefulSet", "TCPRoute", "TLSRoute", "UDPRoute",
    "VirtualService", "WorkloadEntry", "k8s.Gateway",
})  # fmt: skip
"""Kinds that the simulation and the plan read; of a cluster nothing else needs to be asked."""
CONTROLLERS: Final = ("Deployment", "StatefulSet", "DaemonSet")
_TEMPLATES: Final = "inject.istio.io/templates"
_FINISHED: Final = ("Failed", "Succeeded")


class Simulation:
    """What the istiods of a mesh send to its proxies.

    Args:
        snapshot: the cluster that holds the configuration.
        remotes: other clusters by cluster ID.
    """

    def __init__(self, snapshot: Snapshot, remotes: Mapping[str, Snapshot] | None = None) -> None:
        self.snapshot = snapshot
        self.remotes = dict(remotes or {})
        self.planes = snapshot.service(ControlPlanes)
        self._istiods: dict[tuple[str, str], Istiod] = {}

    def istiod(self, plane: ControlPlane) -> Istiod:
        """Give an istiod, computed on first use."""
        key = (plane.namespace, plane.revision)
        found = self._istiods.get(key)
        if found is None:
            found = self._istiods[key] = Istiod(plane, self.snapshot, self.remotes)
        return found

    def istiod_of(self, proxy: Proxy) -> Istiod:
        """Give the istiod that a proxy connects to."""
        source = proxy.pod
        if source is None:
            meta = {"namespace": proxy.namespace, "labels": dict(proxy.labels)}
            source = Object({"apiVersion": "v1", "kind": "Pod", "metadata": meta})
        return self.istiod(self.planes.of_pod(source))

    def view(self, proxy: Proxy) -> View:
        """Compute what a proxy is sent."""
        return self.istiod_of(proxy).view(proxy)

    def proxies(self) -> list[Proxy]:
        """Give every proxy: those of pods, and those that injected workloads without pods would have."""
        found = list(proxies_of(self.snapshot))
        for name, remote in self.remotes.items():
            found += proxies_of(remote, name)
        return found + self._unborn()

    def find(self, text: str, namespace: str = "") -> Proxy:
        """Find a proxy by ``POD.NS``, ``TYPE/NAME.NS``, or these without namespace if one is given.

        Raises:
            UsageError: there is no such workload, or it has no proxy.
        """
        kind, slash, rest = text.partition("/")
        name, where = _split(rest if slash else text, namespace)
        key = TYPES.get(kind.lower(), "") if slash else "Pod"
        if not key:
            raise UsageError(f"{text!r}: no workload type {kind!r}", hint=f"Types: {', '.join(sorted(set(TYPES)))}.")
        if not where:
            raise UsageError(
                f"{text!r} names no namespace", hint="Write POD.NAMESPACE, TYPE/NAME.NAMESPACE, or add -n."
            )
        if key == "Pod":
            return self._of_pod(text, where, name)
        obj = self.snapshot.get(key, where, name)
        if obj is None:
            raise UsageError(f"there is no {key} {where}/{name}", hint=self._near(key, where, name))
        return self._of_workload(obj)

    def _of_pod(self, text: str, namespace: str, name: str) -> Proxy:
        for cluster, snapshot in {DEFAULT_CLUSTER: self.snapshot, **self.remotes}.items():
            pod = snapshot.get("Pod", namespace, name)
            if pod is not None:
                proxy = proxy_of(pod, cluster)
                if proxy is None:
                    raise UsageError(f"pod {namespace}/{name} has no sidecar and is no gateway")
                return proxy
        raise UsageError(f"there is no pod {text!r}", hint=self._near("Pod", namespace, name))

    def _of_workload(self, obj: Object) -> Proxy:
        pods = [pod for pod in self._pods_of(obj) if pod.status.get("phase") not in _FINISHED]
        for pod in sorted(pods, key=_log_order):
            proxy = proxy_of(pod)
            if proxy is not None:
                return proxy
        if pods:
            raise UsageError(f"the pods of {obj.kind} {obj.full_name} have no sidecar and are no gateways")
        proxy = self._from_template(obj)
        if proxy is None:
            raise UsageError(
                f"{obj.kind} {obj.full_name} has no pods here, and its pods would get no sidecar",
                hint="Show the proxy that you mean with --proxy sidecar --namespace NS --labels k=v.",
            )
        return proxy

    def _pods_of(self, obj: Object) -> list[Object]:
        if obj.key == "Service":
            selector = as_strings(obj.spec.get("selector"))
        else:
            selector = as_strings(as_map(obj.spec.get("selector")).get("matchLabels"))
        if not selector:
            return []
        return [pod for pod in self.snapshot.within("Pod", obj.namespace) if matches(selector, pod.labels)]

    def _unborn(self) -> list[Proxy]:
        found = []
        for kind in CONTROLLERS:
            for obj in self.snapshot.each(kind):
                if not self._pods_of(obj):
                    proxy = self._from_template(obj)
                    if proxy is not None:
                        found.append(proxy)
        return found

    def _from_template(self, obj: Object) -> Proxy | None:
        """Give the proxy that a workload's pods would have, None if they would get none."""
        template = as_map(obj.spec.get("template"))
        meta = as_map(template.get("metadata"))
        raw = {"kind": "Pod", "apiVersion": "v1", "metadata": {**meta, "namespace": obj.namespace, "name": obj.name}}
        pod = Object({**raw, "spec": as_map(template.get("spec"))})
        proxy = proxy_of(pod)
        if proxy is None and not self._injected(pod):
            return None
        declared = proxy.type if proxy else SIDECAR
        kind = ROUTER if "gateway" in pod.annotations.get(_TEMPLATES, "") else declared
        mode = proxy.interception if proxy else ""
        return Proxy(obj.name, obj.namespace, kind, pod.labels, interception=mode, template=pod)

    def _injected(self, pod: Object) -> bool:
        membership = self.snapshot.service(Membership)
        labels = membership.labels(pod.namespace)
        wish = pod.labels.get(INJECT) or pod.annotations.get(INJECT)
        by_revision = "istio.io/rev" in labels or "istio.io/rev" in pod.labels
        if wish is not None:
            return wish == "true"
        return membership.pod(pod) or (by_revision and labels.get("istio-injection") != "disabled")

    def _near(self, kind: str, namespace: str, name: str) -> str:
        held = [obj for obj in self.snapshot.each(kind) if name in (obj.name, obj.name.rpartition("-")[0])]
        held = held or self.snapshot.within(kind, namespace)
        names = ", ".join(f"{obj.name}.{obj.namespace}" for obj in held[:5])
        return f"There are: {names}." if names else f"The input holds no {kind} in namespace {namespace!r}."


def imagined(kind: str, namespace: str, labels: Mapping[str, str], address: str = "") -> Proxy:
    """Give a proxy that need not exist."""
    return Proxy("imagined", namespace, kind, labels, (address,) if address else ())


def _split(text: str, namespace: str) -> tuple[str, str]:
    if namespace:
        return text, namespace
    name, dot, where = text.rpartition(".")
    return (name, where) if dot else (text, "")


def _log_order(pod: Object) -> tuple[bool, bool, str, str]:
    """Order pods as ``kubectl logs deploy/NAME`` prefers them: running, ready, oldest."""
    return pod.status.get("phase") != "Running", not condition(pod, "Ready"), created(pod), pod.name
