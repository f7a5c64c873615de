"""IST0142: the cluster runs a Kubernetes that Istio does not support."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.analysis.precheck import cluster
from getmesh.model.kubernetes import oldest_supported
from getmesh.model.snapshot import Snapshot


def version_unknown(snapshot: Snapshot) -> str | None:
    """Say why the version cannot be judged: no cluster was asked, or it did not tell."""
    return "needs a cluster's version" if snapshot.settings.kubernetes_version is None else None


META = RuleMeta(
    code="IST0142",
    name="cluster-kubernetes-too-old",
    severity=Severity.ERROR,
    title="Kubernetes is older than Istio supports",
    means="The API server's version is below the oldest one that Istio is made and tested for.",
    why="Fields and features that the control plane relies on may be missing, and nobody tests or mends that pair.",
    fix="Upgrade Kubernetes first, or install a release of Istio that supports this version.",
    message="the cluster runs Kubernetes {version}, but Istio {istio} needs at least 1.{minimum}",
    reads=(),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It knows the oldest Kubernetes of its own release only.",
            "The oldest Kubernetes is that of the Istio version that is judged for.",
        ),
        Difference(
            "istioctl",
            "It looks at the version before an installation and an upgrade alone.",
            "Every look at a cluster judges it, for Kubernetes may have stayed behind an upgrade that is long over.",
        ),
    ),
    gap=version_unknown,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0142/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield a finding if the minor version is too low."""
    version, (major, minor) = snapshot.settings.kubernetes_version, snapshot.settings.istio_version
    minimum = oldest_supported(minor)
    if version is not None and version[1] < minimum:
        here = f"{version[0]}.{version[1]}"
        yield META.on(cluster(), version=here, istio=f"{major}.{minor}", minimum=minimum)
