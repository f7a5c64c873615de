"""IST0176: a CRD of the Gateway API is older than Istio can use."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.crds import BUNDLE_VERSION, bundle_version
from getmesh.model.snapshot import Snapshot

# Name to the oldest bundle that is read, and the minor of Istio 1.x since which it is so.
_MINIMA: Final = {
    "grpcroutes.gateway.networking.k8s.io": ((1, 1, 0), 22),
    "backendtlspolicies.gateway.networking.k8s.io": ((1, 4, 0), 28),
    "tlsroutes.gateway.networking.k8s.io": ((1, 5, 0), 30),
    "tcproutes.gateway.networking.k8s.io": ((1, 6, 0), 31),
}

META = RuleMeta(
    code="IST0176",
    name="gatewayapi-crd-too-old",
    severity=Severity.WARNING,
    title="CRD of the Gateway API is older than Istio needs",
    means="The CRD comes from a bundle of the Gateway API that is older than the first one whose version Istio reads.",
    why=(
        "The control plane ignores resources of that kind, so routes and policies are accepted by the API "
        "server and do nothing."
    ),
    fix="Install the CRDs of a newer Gateway API bundle.",
    message="custom resource definition {crd!r} is of bundle {installed}, but Istio needs at least {minimum}",
    reads=("CustomResourceDefinition",),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It knows the minima of its own release only.",
            "The minima are those of the Istio version that is judged for.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0176/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each such CRD; a pre-release counts as its release."""
    for name, (minimum, since) in _MINIMA.items():
        crd = (
            snapshot.get("CustomResourceDefinition", "", name) if snapshot.settings.istio_version[1] >= since else None
        )
        version = bundle_version(crd.annotations.get(BUNDLE_VERSION, "")) if crd else None
        if crd is not None and version is not None and version.numbers < minimum:
            needed = ".".join(map(str, minimum))
            path = ("metadata", "annotations", BUNDLE_VERSION)
            yield META.on(crd, path, crd=name, installed=version.text, minimum=needed)
