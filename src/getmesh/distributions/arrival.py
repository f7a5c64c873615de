"""After an installation: whether the control plane came up and runs what was asked for."""

from collections.abc import Callable

import msgspec

from getmesh.distributions.checks import Check
from getmesh.distributions.install import InstallCall
from getmesh.distributions.running import look
from getmesh.distributions.versions import parse
from getmesh.errors import ClusterError
from getmesh.ports.clock import Clock
from getmesh.ports.cluster import ClusterPort, ClusterRefused

_PAUSE_SECONDS = 2.0
_NOT_FOUND = 404
_WITHOUT_CONTROL_PLANE = frozenset({"empty", "remote"})
Tell = Callable[[str], None]


class _Meta(msgspec.Struct, frozen=True):
    name: str = ""
    generation: int = 0


class _Spec(msgspec.Struct, frozen=True):
    replicas: int = 1


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0


class _Deployment(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def progress(self) -> str:
        """How far it is, empty once all replicas are of the newest template and available, as kubectl tells it."""
        want, status = self.spec.replicas, self.status
        if status.observed_generation < self.metadata.generation:
            return f"{self.metadata.name}: the change is not seen yet"
        if status.updated_replicas < want or status.replicas > status.updated_replicas:
            return f"{self.metadata.name}: {status.updated_replicas} of {want} replaced"
        if status.available_replicas < want or not want:
            return f"{self.metadata.name}: {status.available_replicas} of {want} available"
        return ""


class _Deployments(msgspec.Struct, frozen=True):
    items: list[_Deployment] | None = None


def after(cluster: ClusterPort, name: str, call: InstallCall, clock: Clock, tell: Tell) -> list[Check]:
    """Wait until the control plane is ready; give whether it is and runs what was asked for, and which proxies lag.

    Args:
        cluster: the one that the call meant.
        name: of the build.
        call: what was done; its patience bounds the wait.
        clock: for the wait.
        tell: told how far the control plane is, at each change.

    Raises:
        ClusterError: the cluster cannot be reached.
    """
    if call.profile in _WITHOUT_CONTROL_PLANE:
        return [Check("ok", f"profile {call.profile} brings no control plane")]
    checks = [_ready(cluster, call, clock, tell)]
    wanted = parse(name)
    mesh = look(cluster, call.namespace)
    planes = [plane for plane in mesh.control_planes() if plane.revision == call.revision]
    wrong = [plane for plane in planes if plane.version.is_known and plane.version.upstream != wanted.upstream]
    lagging = [part for part in mesh.data_plane() if part.version.is_known and part.version.upstream != wanted.upstream]
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


def _ready(cluster: ClusterPort, call: InstallCall, clock: Clock, tell: Tell) -> Check:
    """Look until the deployments of the call's revision are ready; what is not there at all is not waited for."""
    end = clock.now() + call.patience
    told = ""
    while True:
        try:
            found = _deployments(cluster, call)
        except ClusterRefused as error:
            if error.status == _NOT_FOUND:
                return Check("fail", f"no deployments in {call.namespace}")
            return Check("unknown", f"the deployments of {call.namespace} may not be read")
        state = ", ".join(progress for one in found if (progress := one.progress))
        if not state:
            return Check("ok", "control plane deployments are ready") if found else _missing(call)
        if clock.now() >= end:
            return Check("fail", f"not ready after {call.patience:g} seconds: {state}")
        if state != told:
            tell(f"waiting for the control plane: {state}")
            told = state
        clock.sleep(_PAUSE_SECONDS)


def _missing(call: InstallCall) -> Check:
    return Check("fail", f"no control plane deployment of revision {call.revision}")


def _deployments(cluster: ClusterPort, call: InstallCall) -> list[_Deployment]:
    path = f"/apis/apps/v1/namespaces/{call.namespace}/deployments"
    body = cluster.get(path, {"labelSelector": f"app=istiod,istio.io/rev={call.revision}"})
    try:
        return msgspec.json.decode(body, type=_Deployments).items or []
    except msgspec.DecodeError as error:
        raise ClusterError(f"{path}: the answer is no list of deployments: {error}") from error
