"""Extension providers of mesh configuration: where they are, and what they may be called.

Istio: ``ValidateExtensionProvider…`` in ``pkg/config/validation/agent``. Istio only logs these faults, and leaves out
the provider when something asks for it.
"""

import re
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import names, uris
from getmesh.model.validation.faults import Faults

_PLACED: Final = frozenset({
    "datadog", "envoyExtAuthzGrpc", "envoyExtAuthzHttp", "envoyHttpAls", "envoyOtelAls", "envoyTcpAls", "lightstep",
    "opencensus", "opentelemetry", "skywalking", "zipkin",
})  # fmt: skip
_PLACELESS: Final = frozenset({"envoyFileAccessLog", "prometheus", "sds", "stackdriver"})
_CODES: Final = frozenset({
    0, 100, *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 419), *range(421, 425), 426, 428, 429, 431,
    *range(500, 509), 510, 511,
})  # fmt: skip
_ATOI: Final = re.compile(r"[+-]?[0-9]{1,9}")


def provider_faults(providers: list[dict[str, Any]]) -> Faults:
    """Check the decoded extension providers; paths begin at the list's own field."""
    faults = Faults()
    seen: set[str] = set()
    for index, provider in enumerate(providers):
        path: Path = ("extensionProviders", index)
        label = provider.get("name", "")
        if not label or label in seen:
            faults.error((*path, "name"), f"provider {label!r} is given twice" if label else "a provider has no name")
        seen.add(label)
        kind = next((field for field in provider if field in _PLACED), "")
        if kind:
            _placed(provider[kind], kind, (*path, kind), faults)
        elif not _PLACELESS & set(provider):
            faults.error(path, "a provider says nothing but its name")
    return faults


def _placed(settings: dict[str, Any], kind: str, path: Path, faults: Faults) -> None:
    faults.error((*path, "port"), names.port(settings.get("port", 0)))
    faults.error((*path, "service"), _service(settings.get("service", "")))
    if kind == "lightstep" and not settings.get("accessToken"):
        faults.error((*path, "accessToken"), "lightstep needs an accessToken")
    if kind == "opentelemetry" and "grpc" in settings and "http" in settings:
        faults.error((*path, "grpc"), "grpc and http exclude each other")
    status = settings.get("statusOnError", "")
    if status and not (_ATOI.fullmatch(status) and int(status) in _CODES):
        faults.error((*path, "statusOnError"), f"{status!r} is no HTTP status that Envoy knows")
    prefix = settings.get("pathPrefix", "")
    if prefix and (not prefix.startswith("/") or uris.parse(prefix) is None):
        faults.error((*path, "pathPrefix"), f"{prefix!r} is no path that begins with '/'")


def _service(text: str) -> str:
    """Check a service: a name, an address, or NAMESPACE/NAME."""
    if not text:
        return "a provider names no service"
    space, slash, name = text.partition("/")
    if not slash:
        return "" if names.is_ip(text) or not names.fqdn(text) else f"{text!r} is neither a DNS name nor an IP address"
    sound = space in ("*", ".", "~") or names.is_label(space)
    return "" if sound and names.is_wild_domain(name) and "." in name else f"{text!r} is no NAMESPACE/HOST"
