"""WasmPlugin and TrafficExtension."""

import re
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import names, parts, uris
from getmesh.model.validation.faults import Faults

_SHA256: Final = re.compile(r"[a-f0-9]{64}")
_MAX_SECRET: Final = 253
_MAX_NAME: Final = 256
_MAX_CODE: Final = 65536


def validate_plugin(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a WasmPlugin."""
    parts.attachment(spec, faults)
    _module(spec, ("spec",), faults)
    _ports(spec.get("match", []), faults)


def validate_extension(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a TrafficExtension."""
    parts.attachment(spec, faults)
    if "wasm" not in spec and "lua" not in spec:
        faults.error(("spec",), "neither wasm nor lua is given")
    if "lua" in spec:
        code = spec["lua"].get("inlineCode", "")
        size = len(code.encode("utf-8", "surrogatepass"))
        if not code or size > _MAX_CODE:
            text = f"Lua code of {size} bytes is over 64 KiB" if code else "no Lua code is given"
            faults.error(("spec", "lua", "inlineCode"), text)
    if "wasm" in spec:
        _module(spec["wasm"], ("spec", "wasm"), faults)
    _ports(spec.get("match", []), faults)


def _module(plugin: dict[str, Any], path: Path, faults: Faults) -> None:
    faults.error((*path, "url"), uris.module_url(plugin.get("url", "")))
    digest = plugin.get("sha256", "")
    if digest and not _SHA256.fullmatch(digest):
        faults.error((*path, "sha256"), f"{digest!r} is no SHA-256 of 64 lower-case hex digits")
    for field, most in (("imagePullSecret", _MAX_SECRET), ("pluginName", _MAX_NAME)):
        if len(plugin.get(field, "").encode("utf-8", "surrogatepass")) > most:
            faults.error((*path, field), f"{field} is longer than {most} bytes")
    environment = plugin.get("vmConfig", {}).get("env", [])
    faults.error((*path, "vmConfig", "env"), _environment_problem(environment))


def _environment_problem(environment: list[dict[str, Any]]) -> str:
    seen = set()
    for variable in environment:
        name = variable.get("name", "")
        if not name or len(name.encode("utf-8", "surrogatepass")) > _MAX_NAME:
            return f"{name[:20]!r} is no name of an environment variable"
        if name in seen:
            return f"environment variable {name!r} is given twice"
        if variable.get("valueFrom", "INLINE") != "INLINE" and variable.get("value"):
            return f"environment variable {name!r} is taken from the host, so it may have no value"
        seen.add(name)
    return ""


def _ports(matches: list[dict[str, Any]], faults: Faults) -> None:
    for index, match in enumerate(matches):
        for number, port in enumerate(match.get("ports", ())):
            place = ("spec", "match", index, "ports", number, "number")
            if problem := names.port(port.get("number", 0)):
                faults.error(place, problem)
                return
