"""Before and after an installation: whether this cluster can take it, and whether it arrived."""

from datetime import date
from typing import Literal

import msgspec

from getmesh.distributions.catalog import Build
from getmesh.distributions.hub import RETIRED
from getmesh.distributions.install import InstallCall
from getmesh.distributions.running import Found, control_plane_versions, kubernetes_version, look
from getmesh.distributions.versions import IstioVersion, parse
from getmesh.errors import ClusterError
from getmesh.model.installation import created
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.ports.access_reviews import Deed, refusals
from getmesh.ports.cluster import ClusterPort, ClusterRefused
from getmesh.rules.mesh.ist0141_permission_missing import check as check_rights

BAKED_HUBS = {(1, 30): "registry.istio.io/release"}
_NOT_FOUND = 404


class Check(msgspec.Struct, frozen=True):
    """One line of the list.

    Attributes:
        state: ``ok``, ``warn``, ``fail`` (stops the installation) or ``unknown``.
        text: what was found.
    """

    state: Literal["ok", "warn", "fail", "unknown"]
    text: str


class _DeploymentStatus(msgspec.Struct, frozen=True, rename="camel"):
    ready_replicas: int = 0
    replicas: int = 0


class _Name(msgspec.Struct, frozen=True):
    name: str = ""
    labels: dict[str, str] | None = None


class _Deployment(msgspec.Struct, frozen=True):
    metadata: _Name
    status: _DeploymentStatus = _DeploymentStatus()


class _Deployments(msgspec.Struct, frozen=True):
    items: list[_Deployment] | None = None


def before(
    cluster: ClusterPort, build: Build | None, name: str, call: InstallCall, hub: str | None, today: date
) -> list[Check]:
    """Give what speaks for and against installing a build.

    Args:
        cluster: the one that the call means.
        build: the catalog's entry; None when it has none.
        name: of the build.
        call: what is to be done.
        hub: where images come from, None for Istio's own.
        today: for ends of support.

    Raises:
        ClusterError: the cluster cannot be reached.
    """
    version = parse(name)
    return [
        _kubernetes(kubernetes_version(cluster), build),
        *_life(build, name, today),
        *_rights(cluster, call.namespace),
        *_present(_planes(cluster, call.namespace), version, call),
        _images(hub, version),
    ]


def after(cluster: ClusterPort, name: str, call: InstallCall) -> list[Check]:
    """Give whether the control plane is ready and runs what was asked for, and which proxies lag.

    Raises:
        ClusterError: the cluster cannot be reached.
    """
    wanted = parse(name)
    mesh = look(cluster, call.namespace)
    planes = [plane for plane in mesh.control_planes() if _same(plane, call)]
    wrong = [plane for plane in planes if plane.version.is_known and plane.version.upstream != wanted.upstream]
    lagging = [part for part in mesh.data_plane() if part.version.is_known and part.version.upstream != wanted.upstream]
    checks = [_ready(cluster, call)]
    if not planes:
        checks.append(Check("fail", f"no control plane of revision {call.revision} runs in {call.namespace}"))
    elif wrong:
        checks.append(Check("fail", f"{wrong[0].pod} runs {wrong[0].version}, asked for was {wanted}"))
    else:
        checks.append(Check("ok", f"the control plane runs {planes[0].version}"))
    if lagging:
        names = ", ".join(f"{part.pod}.{part.namespace} ({part.version})" for part in lagging[:10])
        more = f" and {len(lagging) - 10} more" if len(lagging) > 10 else ""  # noqa: PLR2004 - as many as shown
        checks.append(
            Check("warn", f"{len(lagging)} proxies run another version; restart their workloads: {names}{more}")
        )
    return checks


def _kubernetes(have: str, build: Build | None) -> Check:
    if not have:
        return Check("unknown", "the cluster does not tell its Kubernetes version")
    if build is None or not build.kubernetes:
        return Check("unknown", f"Kubernetes {have}; which versions this build was tested on is not known")
    span = f"{build.kubernetes[0]} to {build.kubernetes[-1]}"
    if have in build.kubernetes:
        return Check("ok", f"Kubernetes {have}; {build.name} was tested on {span}")
    if _number(have) < _number(build.kubernetes[0]):
        return Check("fail", f"Kubernetes {have} is older than {build.name} supports ({span})")
    return Check("warn", f"Kubernetes {have}; {build.name} was tested on {span}")


def _life(build: Build | None, name: str, today: date) -> list[Check]:
    if build is None:
        return [Check("unknown", f"{name} is not in the catalog")]
    if build.do_not_use:
        return [Check("fail", f"{name} is withdrawn by {build.do_not_use}")]
    if not build.is_supported(today):
        return [Check("warn", f"{name} is past its end of life ({build.eol or 'unknown'})")]
    return [Check("ok", f"{name} is supported until {build.eol}")]


def _rights(cluster: ClusterPort, namespace: str) -> list[Check]:
    """Judge the rights by the rule that has a code for them."""
    try:
        refused = refusals(cluster, [Deed(*deed) for deed in created(namespace)])
    except ClusterError:
        return [Check("unknown", "the cluster does not tell what you may do")]
    missing = list(check_rights(Snapshot((), Settings(precheck=True, refused=refused))))
    if not missing:
        return [Check("ok", "you may create what an installation creates")]
    return [Check("fail", f"{finding.message} ({finding.meta.code})") for finding in missing]


def _planes(cluster: ClusterPort, namespace: str) -> list[Found]:
    try:
        return control_plane_versions(cluster, namespace)
    except ClusterRefused:
        return []


def _present(planes: list[Found], version: IstioVersion, call: InstallCall) -> list[Check]:
    if not planes:
        state: Literal["ok", "fail"] = "fail" if call.verb == "upgrade" else "ok"
        return [Check(state, f"no control plane in {call.namespace} yet")]
    checks = []
    for plane in planes:
        text = f"{plane.pod} runs {plane.version}, revision {plane.revision}"
        ahead = version.minor - plane.version.minor if plane.version.is_known else 0
        if not _same(plane, call):
            checks.append(Check("ok", f"{text}; stays beside the new one"))
        elif ahead > 1:
            checks.append(Check("fail", f"{text}; {ahead} minors at once are not supported, go one by one"))
        elif plane.version.is_known and version.upstream < plane.version.upstream:
            checks.append(Check("warn", f"{text}; this would go back to {version}"))
        else:
            checks.append(Check("ok", f"{text}; it will be replaced"))
    return checks


def _images(hub: str | None, version: IstioVersion) -> Check:
    used = hub or BAKED_HUBS.get(version.upstream[:2], "")
    if used in RETIRED:
        return Check("warn", f"images come from {used}: {RETIRED[used]}; see 'getmesh default-hub'")
    return Check("ok", f"images come from {used or 'the hub that Istio has built in'}")


def _ready(cluster: ClusterPort, call: InstallCall) -> Check:
    path = f"/apis/apps/v1/namespaces/{call.namespace}/deployments"
    try:
        body = cluster.get(path, {"labelSelector": "app=istiod"})
        found = msgspec.json.decode(body, type=_Deployments).items or []
    except ClusterRefused as error:
        if error.status == _NOT_FOUND:
            return Check("fail", f"no deployments in {call.namespace}")
        return Check("unknown", f"the deployments of {call.namespace} may not be read")
    except msgspec.DecodeError as error:
        raise ClusterError(f"{path}: the answer is no list of deployments: {error}") from error
    waiting = [one.metadata.name for one in found if not 0 < one.status.replicas <= one.status.ready_replicas]
    if waiting:
        return Check("fail", f"not ready: {', '.join(waiting)}")
    return Check("ok", "control plane deployments are ready") if found else Check("fail", "no control plane deployment")


def _same(plane: Found, call: InstallCall) -> bool:
    return plane.revision == call.revision


def _number(minor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minor.split("."))
