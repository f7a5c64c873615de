"""GM0206: a VirtualService routes to a Service in a namespace that is not discovered."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.naming import complete
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.routes import Routes
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0206",
    name="virtualservice-destination-hidden",
    severity=Severity.ERROR,
    title="A route leads to a Service that istiod does not look at",
    means="The destination is a Service of a namespace that no discovery selector matches.",
    why=(
        "The route reaches the proxies but the cluster behind it does not, so Envoy answers 503; without the route the"
        " traffic would at least have passed through."
    ),
    fix="Label the destination's namespace as the selectors ask, or remove the route.",
    message="host '{host}' is in namespace '{namespace}', which matches no discovery selector",
    reads=("Service",),
    uses=(SelectedNamespaces, Routes),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each destination that is hidden."""
    selected, routes = snapshot.service(SelectedNamespaces), snapshot.service(Routes)
    domain = snapshot.settings.cluster_domain
    hidden = {
        f"{obj.name}.{obj.namespace}.svc.{domain}": obj.namespace
        for obj in (snapshot.each("Service") if selected.filtering else ())
        if selected.hides(obj.namespace)
    }
    for route, targets in routes.each() if hidden else ():
        if selected.hides(route.namespace):
            continue
        for target in targets:
            namespace = hidden.get(complete(target.host, route.namespace, domain))
            if namespace is not None and selected.hides(namespace, route.namespace):
                yield META.on(route, target.host_path, host=target.host, namespace=namespace)
