"""IST0158: Pods run another proxy image than their injector would write today."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.injector import InjectorConfigs, injector_name
from getmesh.model.membership import REVISION, Membership, proxy_images
from getmesh.model.objects import Object
from getmesh.model.proxyimages import ProxyImages
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0158",
    name="pod-proxy-image-differs",
    severity=Severity.WARNING,
    title="Pods run another proxy image than the injector's",
    means=(
        "The proxy image of some Pods of the namespace is not the one that their revision's injector is set to write."
    ),
    why="Such Pods were mostly started before an upgrade and still run the old proxy, with its bugs and open holes.",
    fix="Restart the Pods, for example with kubectl rollout restart, so that the injector renews their proxy.",
    message="pods {pods} run another proxy image than the injector's",
    reads=("Namespace", "Pod"),
    uses=(InjectorConfigs, Membership, ProxyImages),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It applies a ProxyConfig with a selector to every namespace whose name begins with the ProxyConfig's own.",
            "A ProxyConfig concerns its own namespace, as at injection.",
        ),
        Difference(
            "istioctl",
            "On files it also judges the ingress gateway's Pod that it made up itself.",
            "Assumed objects are never accused.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0158/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each namespace that has such Pods."""
    configs, membership = snapshot.service(InjectorConfigs), snapshot.service(Membership)
    images = snapshot.service(ProxyImages)
    if not configs.known:
        return
    mismatched: dict[str, list[str]] = {}
    for pod in snapshot.each("Pod"):
        if REVISION in (labels := membership.labels(pod.namespace)):
            expected = configs.image(injector_name(labels[REVISION]))
        elif membership.enabled(pod.namespace):
            expected = configs.image(injector_name(""))
        else:
            continue
        if expected is not None and pod.origin is not None and _differs(pod, expected, images):
            mismatched.setdefault(pod.namespace, []).append(pod.name)
    for namespace in snapshot.each("Namespace"):
        if namespace.name in mismatched:
            yield META.on(namespace, ("metadata", "name"), pods=", ".join(sorted(mismatched[namespace.name])))


def _differs(pod: Object, expected: str, images: ProxyImages) -> bool:
    """Whether a proxy runs neither the injector's image nor its variant; the Pod may name an image of its own."""
    if pod.annotations.get("sidecar.istio.io/proxyImage"):
        return False
    others = [image for image in proxy_images(pod.spec) if image != expected]
    return bool(others) and any(image != f"{expected}-{images.image_type(pod)}" for image in others)
