"""IST0137: Services expose one target port of a Deployment under two port numbers."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.deploymentports import DeploymentPorts
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0137",
    name="deployment-target-port-shared",
    severity=Severity.WARNING,
    title="Deployment's target port is reached by two port numbers",
    means="Services that select the Deployment's Pods send several of their ports to the same target port.",
    why="The proxy sees only the target port of incoming traffic, so settings of one Service may act on the other.",
    fix="Send each port number to a target port of its own, or use one port number in all these Services.",
    message="services {services} reach target port {target} of deployment {deployment!r} by ports {ports}",
    reads=(),
    uses=(DeploymentPorts,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0137/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each target port with several numbers, on the Deployment."""
    for deployment, ports in snapshot.service(DeploymentPorts).deployments:
        numbers: dict[str, set[int]] = {}
        for port in ports:
            numbers.setdefault(port.target, set()).add(port.number)
        for target, found in numbers.items():
            if len(found) > 1:
                yield META.on(
                    deployment,
                    ("metadata", "name"),
                    deployment=deployment.full_name,
                    target=target,
                    ports=", ".join(map(str, sorted(found))),
                    services=", ".join(sorted({port.service.name for port in ports if port.target == target})),
                )
