"""PeerAuthentication and ProxyConfig."""

from typing import Any

from getmesh.model.validation import names, parts
from getmesh.model.validation.faults import Faults


def validate_peer(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a PeerAuthentication."""
    parts.selector(spec, "selector", "matchLabels", faults)
    by_port = spec.get("portLevelMtls", {})
    if by_port and not spec.get("selector", {}).get("matchLabels"):
        faults.error(("spec", "portLevelMtls"), "settings per port need a selector with labels")
    for key in by_port:
        faults.error(("spec", "portLevelMtls", key), names.port(int(key)))


def validate_proxy_config(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a ProxyConfig."""
    parts.selector(spec, "selector", "matchLabels", faults)
    if spec.get("concurrency", 0) < 0:
        faults.error(("spec", "concurrency"), f"concurrency {spec['concurrency']} is negative")
