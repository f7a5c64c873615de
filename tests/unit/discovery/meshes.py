"""Small meshes for claims about discovery: two applications, foo and bar, and whatever a test adds."""

from collections.abc import Iterable, Mapping
from typing import Any

from getmesh.discovery.proxies import Proxy
from getmesh.discovery.simulation import Simulation
from getmesh.model.objects import Object
from getmesh.model.snapshot import Settings, Snapshot

NETWORKING = "networking.istio.io/v1"
FOO = "foo.foo.svc.cluster.local"
BAR = "bar.bar.svc.cluster.local"
CL_FOO = f"outbound|8000||{FOO}"
CL_BAR = f"outbound|8000||{BAR}"


def obj(kind: str, place: str, spec: Any = None, *, api: str = "v1", **more: Any) -> Object:
    """Make an object at ``namespace/name`` (or ``name``); labels, annotations and created go to its metadata."""
    namespace, slash, name = place.rpartition("/")
    meta: dict[str, Any] = {"name": name, **({"namespace": namespace} if slash else {})}
    for key in ("labels", "annotations"):
        if key in more:
            meta[key] = more.pop(key)
    if "created" in more:
        meta["creationTimestamp"] = more.pop("created")
    meta.update(more.pop("meta", {}))
    return Object(
        {"apiVersion": api, "kind": kind, "metadata": meta, **({"spec": spec} if spec is not None else {}), **more}
    )


def istio(kind: str, place: str, spec: Mapping[str, Any], **more: Any) -> Object:
    """Make an object of Istio's networking API."""
    return obj(kind, place, dict(spec), api=NETWORKING, **more)


def namespace(name: str, **labels: str) -> Object:
    """Make a Namespace."""
    return obj("Namespace", name, labels=labels)


def service(place: str, *ports: Any, **more: Any) -> Object:
    """Make a Service that selects ``app: NAME``; by default with port 8000 to 8080 named http."""
    spec = {
        "selector": {"app": place.rpartition("/")[2]},
        "ports": list(ports) or [{"name": "http", "port": 8000, "targetPort": 8080}],
        **more.pop("spec", {}),
    }
    return obj("Service", place, {key: value for key, value in spec.items() if value is not None}, **more)


def pod(  # noqa: PLR0913 - the parts of a pod that matter
    place: str,
    ip: str,
    *,
    labels: Mapping[str, str] | None = None,
    ready: bool = True,
    proxy: str = "sidecar",
    node: str = "",
    meta: Mapping[str, Any] | None = None,
    phase: str = "Running",
) -> Object:
    """Make a pod; without a name of its own it is called after its app."""
    app = place.rpartition("/")[2].partition("-")[0]
    containers: list[dict[str, Any]] = [{"name": "app", "ports": [{"name": "web", "containerPort": 8080}]}]
    held = {"app": app, **(labels or {})}
    if proxy:
        containers.append({"name": "istio-proxy", "args": ["proxy", proxy]})
        held = {"security.istio.io/tlsMode": "istio", **held}
    status: dict[str, Any] = {"phase": phase, "conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}
    if ip:
        status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    spec = {"containers": containers, **({"nodeName": node} if node else {})}
    return obj("Pod", place, spec, labels=held, status=status, meta=dict(meta or {}))


def mesh_config(value: Mapping[str, Any], name: str = "istio") -> Object:
    """Make the ConfigMap of mesh configuration."""
    raw = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "istio-system"},
        "data": {"mesh": "as decoded"},
    }  # fmt: skip
    return Object(raw, embedded={"mesh": dict(value)})


def base(**labels: Mapping[str, str]) -> list[Object]:
    """Give namespaces foo, bar and istio-system with labels, and an application in each of the first two."""
    return [
        *(namespace(name, **labels.get(name.replace("-", "_"), {})) for name in ("foo", "bar", "istio-system")),
        service("foo/foo"),
        service("bar/bar"),
        pod("foo/foo-1", "10.244.0.9"),
        pod("bar/bar-1", "10.244.0.10"),
    ]


class Mesh:
    """A simulated mesh with short questions."""

    def __init__(self, objects: Iterable[Object], remotes: Mapping[str, Snapshot] | None = None, **given: Any) -> None:
        self.snapshot = Snapshot(objects, Settings(**given))
        self.simulation = Simulation(self.snapshot, remotes)

    def proxy(self, who: str) -> Proxy:
        """Give the proxy of ``pod.namespace``."""
        return self.simulation.find(who)

    def clusters(self, who: str | Proxy) -> set[str]:
        """Give the names of a proxy's inbound and outbound clusters."""
        proxy = self.proxy(who) if isinstance(who, str) else who
        return {
            cluster.name
            for cluster in self.simulation.view(proxy).clusters
            if ("bound" in cluster.name and "|" in cluster.name) or cluster.sni
        }

    def types(self, who: str | Proxy) -> dict[str, str]:
        """Give types by cluster name."""
        proxy = self.proxy(who) if isinstance(who, str) else who
        return {cluster.name: cluster.type for cluster in self.simulation.view(proxy).clusters}

    def rules(self, who: str | Proxy) -> dict[str, str]:
        """Give DestinationRules by cluster name."""
        proxy = self.proxy(who) if isinstance(who, str) else who
        return {cluster.name: cluster.destination_rule for cluster in self.simulation.view(proxy).clusters}

    def rows(self, who: str | Proxy, name: str = "") -> list[str]:
        """Give rows of a cluster, or of all, as ``address:port HEALTH``, sorted."""
        proxy = self.proxy(who) if isinstance(who, str) else who
        view = self.simulation.view(proxy)
        found = [row for cluster, row in view.endpoints() if not name or cluster.name == name]
        return sorted(f"{row[0]}:{row[1]} {row[2]}" for row in found)


def select(*selectors: Any) -> Object:
    """Make mesh configuration with discovery selectors."""
    return mesh_config({"discoverySelectors": list(selectors)})


ENV_TEST: dict[str, Any] = {"matchLabels": {"env": "test"}}
