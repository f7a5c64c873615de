"""IST0143: an application listens where neither Services nor the proxy reach it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot


def needs_sockets(_: Snapshot) -> str:
    """Say why nothing is judged."""
    return "needs the sockets of running Pods, which no Kubernetes object shows"


META = RuleMeta(
    code="IST0143",
    name="service-port-on-localhost",
    severity=Severity.ERROR,
    title="Application listens on localhost only",
    means="A Service sends traffic to a port on which the application accepts connections from its own Pod alone.",
    why=(
        "Since Istio 1.10 the proxy hands inbound traffic to the Pod's address, so connections to that port are "
        "refused."
    ),
    fix="Let the application listen on 0.0.0.0 or on the Pod's address.",
    message="port {port} is open on localhost only",
    reads=(),
    since="0.1",
    tags=("never",),
    gap=needs_sockets,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0143/",
)


def check(_: Snapshot) -> Iterator[Finding]:
    """Yield nothing: a snapshot holds no sockets."""
    return iter(())
