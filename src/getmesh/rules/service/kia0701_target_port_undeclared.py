"""KIA0701: the Deployment behind a Service does not declare the port that the Service targets."""

from collections.abc import Iterator, Mapping
from typing import Any

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_workload import is_gateway, is_waypoint
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_number, as_strings
from getmesh.model.selectors import LabelIndex
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0701",
    name="service-target-port-undeclared",
    severity=Severity.WARNING,
    title="Deployment does not expose the port that the Service targets",
    means=(
        "The first Deployment, by namespace and name, whose own labels match the Service's selector declares the "
        "target port in none of its containers."
    ),
    why="If nothing listens there, clients get connection errors although the Service looks healthy.",
    fix="Correct targetPort, or declare the port among the containers' ports.",
    message="target port {target!r} is no container port of Deployment {deployment}",
    reads=("Deployment", "Service"),
    uses=(KialiMembership,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0701---deployment-exposing-same-port-as-service-not-found",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each port that no container of the first matching Deployment declares."""
    membership = snapshot.service(KialiMembership)
    planes = {plane.namespace for plane in membership.planes}
    deployments = LabelIndex((deployment.labels, deployment) for deployment in snapshot.each("Deployment"))
    for service in snapshot.each("Service"):
        namespace, selector = service.namespace, as_strings(service.spec.get("selector"))
        if not selector or namespace in planes or not membership.managed(namespace):
            continue
        if is_waypoint(service.labels) or is_gateway(service.labels, EMPTY):
            continue
        found = deployments.select(selector)
        if found:
            yield from _undeclared(service, found[0])


def _undeclared(service: Object, deployment: Object) -> Iterator[Finding]:
    names, numbers = _declared(deployment)
    for index, item in enumerate(as_list(service.spec.get("ports"))):
        target = _target(as_map(item))
        if target not in (names if isinstance(target, str) else numbers):
            yield META.on(
                service,
                ("spec", "ports", index),
                target=str(target),
                deployment=deployment.full_name,
                related=(Related(deployment, ("spec", "template", "spec", "containers"), "its containers"),),
            )


def _target(port: Mapping[str, Any]) -> str | int:
    target = port.get("targetPort")
    if isinstance(target, str) and target:
        return target
    number = as_number(target)
    return number if number > 0 else as_number(port.get("port"))


def _declared(deployment: Object) -> tuple[set[str], set[int]]:
    names: set[str] = set()
    numbers: set[int] = set()
    for container in as_list(deployment.field("spec", "template", "spec", "containers").value):
        for item in as_list(as_map(container).get("ports")):
            port = as_map(item)
            name = port.get("name")
            if isinstance(name, str):
                names.add(name)
            numbers.add(as_number(port.get("containerPort")))
    return names, numbers
