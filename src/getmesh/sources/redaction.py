"""What of a cluster's objects is kept: all that a judgement needs, and no secret.

Done while reading, so that a live cluster and the file that was saved from it cannot be judged differently.
"""

import re
from base64 import b64decode, b64encode
from typing import Any, Final

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
REDACTED: Final = "redacted"
_REDACTED_DATA: Final = b64encode(REDACTED.encode()).decode()
_TEMPLATES: Final = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController"})
_PROXY: Final = "istio-proxy"
_ISTIOD: Final = "discovery"
_CONTROL_PLANE: Final = "istiod"
# Settings of istiod and of proxies; a value whose name sounds like a secret is dropped even then.
_KEPT: Final = re.compile(
    r"PILOT_|ENABLE_|AMBIENT_|BLOCKED_CIDRS|ISTIO_META_NETWORK|ISTIO_WATCH_NAMESPACE|(?:REVISION|CLUSTER_ID|NETWORK"
    r"|AMBIENT|ISTIO_DUAL_STACK|ISTIO_METAJSON_LABELS|TRUSTED_GATEWAY_CIDR|ISTIO_MULTIROOT_MESH"
    r"|AUTO_RELOAD_PLUGIN_CERTS|CA_TRUSTED_NODE_ACCOUNTS|EXTERNAL_ISTIOD|RACE_FIRST_TCP_CONNECT)\Z"
)
_SECRETIVE: Final = re.compile(r"TOKEN|SECRET|PASS|CREDENTIAL|_KEY\Z|AUTH\Z")
_PEM: Final = re.compile(rb"-----BEGIN ([^\n-]+)-----.*?-----END \1-----[ \t\r]*\n?", re.DOTALL)
_CERTIFICATE: Final = b"CERTIFICATE"
_NO_CERTIFICATE: Final = b"-----BEGIN REDACTED-----\nAA==\n-----END REDACTED-----\n"
_ACCESS_TOKEN: Final = re.compile(r"""(access_?token["']?[ \t]*:[ \t]*)(?:"[^"]*"|'[^']*'|[^\s,}]+)""", re.IGNORECASE)


def redact(key: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Take secrets out of an object of that kind; the value is changed in place and given back."""
    annotations = raw["metadata"].get("annotations")
    if isinstance(annotations, dict):
        annotations.pop(LAST_APPLIED, None)
    spec = raw.get("spec")
    if key == "Secret":
        _secret(raw)
    elif key == "ConfigMap":
        _config_map(raw)
    elif not isinstance(spec, dict):
        return raw
    elif key == "Pod":
        _pod(spec)
    elif key in _TEMPLATES:
        _template(spec, ours=(raw["metadata"].get("labels") or {}).get("app") == _CONTROL_PLANE)
    elif key == "CronJob":
        _template((spec.get("jobTemplate") or {}).get("spec"))
    elif key == "WasmPlugin":
        _plugin(spec)
    return raw


def _template(spec: Any, *, ours: bool = False) -> None:
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(template, dict):
        return
    annotations = (template.get("metadata") or {}).get("annotations")
    if isinstance(annotations, dict):
        annotations.pop(LAST_APPLIED, None)
    if isinstance(template.get("spec"), dict):
        _pod(template["spec"], ours=ours)


def _pod(spec: dict[str, Any], *, ours: bool = False) -> None:
    for key in ("containers", "initContainers", "ephemeralContainers"):
        for container in spec.get(key) or ():
            named = container.get("name") in (_PROXY, _ISTIOD) or _ISTIOD in (container.get("args") or ())
            _container(container, ours=ours or named)


def _container(container: dict[str, Any], *, ours: bool) -> None:
    if not ours:
        container.pop("args", None)
        container.pop("command", None)
    for entry in container.get("env") or ():
        name = str(entry.get("name", ""))
        if "value" in entry and not (ours and _KEPT.match(name) and not _SECRETIVE.search(name)):
            del entry["value"]
    for probe in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
        container.pop(probe, None)


def _plugin(spec: dict[str, Any]) -> None:
    for entry in (spec.get("vmConfig") or {}).get("env") or ():
        if isinstance(entry, dict) and entry.get("value"):
            entry["value"] = REDACTED


def _config_map(raw: dict[str, Any]) -> None:
    data = raw.get("data")
    if isinstance(data, dict):
        raw["data"] = {key: _ACCESS_TOKEN.sub(rf"\g<1>{REDACTED}", str(text)) for key, text in data.items()}


def _secret(raw: dict[str, Any]) -> None:
    raw.pop("stringData", None)
    data = raw.get("data")
    if isinstance(data, dict):
        raw["data"] = {key: public_part(text) for key, text in data.items()}


def public_part(text: Any) -> str:
    """Give the certificates of a Secret's value; what is none keeps its place but not its content.

    An empty value stays empty, since a key without a value is a fault of its own; PEM stays PEM, since a key where a
    certificate belongs is another fault than a text that is neither.
    """
    if not isinstance(text, str) or not text:
        return ""
    try:
        plain = b64decode(text)
    except ValueError:
        return _REDACTED_DATA
    blocks = [found.group(0) if found.group(1) == _CERTIFICATE else _NO_CERTIFICATE for found in _PEM.finditer(plain)]
    return b64encode(b"".join(blocks)).decode() if blocks else _REDACTED_DATA
