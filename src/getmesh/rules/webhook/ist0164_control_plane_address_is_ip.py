"""IST0164: a webhook reaches the control plane by an IP address."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.objects import as_map, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.webhooks import control_plane_hooks
from getmesh.model.weburls import is_address, url_host

META = RuleMeta(
    code="IST0164",
    name="webhook-address-is-ip",
    severity=Severity.INFO,
    title="Webhook's address of the control plane is an IP address",
    means="The URL of the hook names the control plane by an IP address instead of a host name.",
    why="Certificates are mostly issued for host names, and the address may change with the next load balancer.",
    fix="Give the control plane a DNS name, put it into its certificate, and use it in the URL.",
    message="address of hook {hook!r} is the IP address {address!r}, not a host name",
    reads=("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0164/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each hook of Istio whose URL has an IP address as its host."""
    for hook in control_plane_hooks(snapshot):
        host = url_host(as_text(as_map(hook.value.get("clientConfig")).get("url")))
        if host and is_address(host):
            path = ("webhooks", hook.position, "clientConfig", "url")
            yield META.on(hook.configuration, path, hook=hook.name, address=host)
