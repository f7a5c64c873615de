"""IST0147: a Pod still has the image that an injector should have replaced."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import automatic_image
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0147",
    name="pod-image-auto-left",
    severity=Severity.ERROR,
    title="Pod was not injected and its proxy has no image",
    means="The container istio-proxy of the Pod has the image auto, which an injector replaces when a Pod is made.",
    why="No image is called auto, so the Pod stays in ImagePullBackOff.",
    fix="Label the namespace or the Pod so that an injector takes it, then delete the Pod and let it be made again.",
    message="pod {pod!r} still has the image 'auto', so no injector took it",
    reads=("Pod",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0147/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Pod whose proxy has that image."""
    for pod in snapshot.each("Pod"):
        index = automatic_image(pod.spec)
        if index is not None:
            yield META.on(pod, ("spec", "containers", index, "image"), pod=pod.full_name)
