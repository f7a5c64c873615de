"""IST0116: Services expose one port of a Deployment under two protocols."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.deploymentports import DeploymentPorts
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0116",
    name="deployment-port-of-two-protocols",
    severity=Severity.WARNING,
    title="Deployment is exposed with two protocols on one port",
    means="Services that select the Deployment's Pods use the same port number with different transport protocols.",
    why="The proxy listens once on a port, so one of the protocols does not reach the application.",
    fix="Give each protocol a port number of its own.",
    message="port {port} of deployment {deployment!r} has protocols {protocols} in services {services}",
    reads=(),
    uses=(DeploymentPorts,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0116/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each port number with several protocols, on the Deployment."""
    for deployment, ports in snapshot.service(DeploymentPorts).deployments:
        protocols: dict[int, set[str]] = {}
        for port in ports:
            protocols.setdefault(port.number, set()).add(port.protocol)
        for number, found in protocols.items():
            if len(found) > 1:
                yield META.on(
                    deployment,
                    ("metadata", "name"),
                    deployment=deployment.full_name,
                    port=number,
                    protocols=", ".join(sorted(found)),
                    services=", ".join(sorted({port.service.name for port in ports if port.number == number})),
                )
