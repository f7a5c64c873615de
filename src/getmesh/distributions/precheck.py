"""Before an installation: whether this cluster can take it."""

from datetime import date
from typing import Literal

from getmesh.distributions.catalog import Build
from getmesh.distributions.checks import Check
from getmesh.distributions.hub import RETIRED
from getmesh.distributions.install import InstallCall
from getmesh.distributions.rights import rights
from getmesh.distributions.running import Found, control_plane_versions, kubernetes_version
from getmesh.distributions.versions import IstioVersion, parse
from getmesh.ports.cluster import ClusterPort, ClusterRefused

BAKED_HUBS = {(1, 30): "registry.istio.io/release"}


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
        *rights(cluster, call.namespace),
        *_present(_planes(cluster, call.namespace), version, call),
        _images(hub, version),
    ]


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
        if plane.revision != call.revision:
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


def _number(minor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minor.split("."))
