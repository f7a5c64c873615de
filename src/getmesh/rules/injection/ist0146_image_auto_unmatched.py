"""IST0146: a template waits for an injector that will not come."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import Membership, automatic_image
from getmesh.model.objects import as_map, as_strings
from getmesh.model.snapshot import Snapshot
from getmesh.model.webhooks import Injectors

META = RuleMeta(
    code="IST0146",
    name="deployment-image-auto-not-injected",
    severity=Severity.WARNING,
    title="Deployment asks for an injected image but no injector takes it",
    means=(
        "A container istio-proxy has the image auto, and no injection webhook matches the namespace and the template."
    ),
    why="The Pods ask the registry for an image called auto and stay in ImagePullBackOff.",
    fix=(
        "Label the namespace or the Pod template so that an injector takes it, or install an injector for its revision."
    ),
    message="deployment {deployment!r} has the image 'auto', but no injection webhook takes its pods",
    reads=("Deployment",),
    uses=(Membership, Injectors),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0146/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each such Deployment; only hooks that carry Istio's name count."""
    hooks, membership = snapshot.service(Injectors).named, snapshot.service(Membership)
    for deployment in snapshot.each("Deployment"):
        template = as_map(deployment.spec.get("template"))
        index = automatic_image(as_map(template.get("spec")))
        if index is None:
            continue
        labels = as_strings(as_map(template.get("metadata")).get("labels"))
        around = membership.labels(deployment.namespace)
        if not any(hook.takes_namespace(around) and hook.takes_object(labels) for hook in hooks):
            path = ("spec", "template", "spec", "containers", index, "image")
            yield META.on(deployment, path, deployment=deployment.full_name)
