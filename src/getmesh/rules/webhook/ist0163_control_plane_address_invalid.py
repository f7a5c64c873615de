"""IST0163: a webhook has no address of the control plane, or one that cannot be read."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.objects import as_map
from getmesh.model.snapshot import Snapshot
from getmesh.model.webhooks import control_plane_hooks
from getmesh.model.weburls import url_host

META = RuleMeta(
    code="IST0163",
    name="webhook-address-invalid",
    severity=Severity.WARNING,
    title="Webhook's address of the control plane is missing or malformed",
    means="The hook has neither a Service nor a URL, or a URL that cannot be read.",
    why="The API server cannot call istiod, so Pods are not injected and Istio resources are not validated.",
    fix="Write clientConfig.url as https://<host>[:<port>]/<path>, or name istiod's Service in clientConfig.service.",
    message="address of hook {hook!r} {problem}",
    reads=("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0163/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each hook of Istio without a usable address; an empty URL is let pass."""
    for hook in control_plane_hooks(snapshot):
        client = as_map(hook.value.get("clientConfig"))
        url = client.get("url")
        if isinstance(url, str):
            if url_host(url) is None:
                path = ("webhooks", hook.position, "clientConfig", "url")
                yield META.on(hook.configuration, path, hook=hook.name, problem=f"is no URL: '{url}'")
        elif not isinstance(client.get("service"), dict):
            yield META.on(hook.configuration, ("webhooks", hook.position), hook=hook.name, problem="is missing")
