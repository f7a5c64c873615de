"""RequestAuthentication: JWT rules and the keys written into them."""

import base64
import binascii
import json
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import amounts, headers, parts, uris
from getmesh.model.validation.faults import Faults

_NEEDED: Final = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",), "oct": ("k",)}
_TEXTS: Final = ("kid", "alg", "use", "x5t", "x5t#S256")
_PRIVATE_RSA: Final = ("p", "q", "dp", "dq", "qi")
_MAX_INT64: Final = (1 << 63) - 1


def validate(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a RequestAuthentication."""
    parts.attachment(spec, faults)
    for index, rule in enumerate(spec.get("jwtRules", ())):
        jwt_rule(rule, ("spec", "jwtRules", index), faults)


def jwt_rule(rule: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check one JWT rule."""
    for index, audience in enumerate(rule.get("audiences", ())):
        faults.error((*path, "audiences", index), "" if audience else "an audience is empty")
    if not rule.get("issuer") and not rule.get("jwksUri"):
        faults.error((*path, "issuer"), "a JWT rule has neither issuer nor jwksUri")
    if rule.get("jwksUri"):
        faults.error((*path, "jwksUri"), _keys_url(rule["jwksUri"]))
    if rule.get("jwks"):
        problem, warnings = key_set(rule["jwks"])
        faults.error((*path, "jwks"), problem)
        for warning in warnings:
            faults.warn((*path, "jwks"), warning)
    for index, header in enumerate(rule.get("fromHeaders", ())):
        faults.error((*path, "fromHeaders", index), "" if header.get("name") else "a header to read has no name")
    for field in ("fromParams", "fromCookies"):
        for index, name in enumerate(rule.get(field, ())):
            faults.error((*path, field, index), "" if name else "a name is empty")
    for index, item in enumerate(rule.get("outputClaimToHeaders", ())):
        place = (*path, "outputClaimToHeaders", index)
        if not item.get("claim") or not item.get("header"):
            faults.error(place, "copying a claim needs its name and a header")
        else:
            faults.error((*place, "header"), headers.strict_name(item["header"]))
    if "timeout" in rule:
        faults.error((*path, "timeout"), amounts.duration(rule["timeout"]))


def _keys_url(text: str) -> str:
    url = uris.parse(text)
    if url is None:
        return f"{text!r} is no URL"
    if url.scheme not in ("http", "https"):
        return f"keys are fetched by http or https, {text!r} has scheme {url.scheme!r}"
    if url.port and (len(url.port) > 30 or int(url.port) > _MAX_INT64):  # noqa: PLR2004 - digits of a sane number
        return f"the port of {text!r} is too large"
    return ""


def key_set(text: str) -> tuple[str, list[str]]:
    """Check a JWKS; give what is wrong with it and what is unwise."""
    refused = "the text is no JSON Web Key Set", list[str]()
    try:
        value, _ = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text.lstrip(" \t\r\n"))
    except (ValueError, RecursionError):
        return refused
    if not isinstance(value, dict):
        return refused
    keys = value.get("keys", [value])
    keys = [] if keys is None else keys
    if not isinstance(keys, list):
        return refused
    for key in keys:
        if problem := _key_problem(key):
            return f"{refused[0]}: {problem}", []
    warnings = []
    for key in keys:
        if _kind(key) == "oct":
            warnings.append("a symmetric key stands in the open: whoever reads it can sign tokens")
        elif _is_private(key):
            warnings.append("a private key stands in the open: whoever reads it can sign tokens")
    return "", warnings


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _kind(key: dict[str, Any]) -> Any:
    """Give the key's type; its name is read in any case, and the last one counts."""
    return next((value for name, value in reversed(key.items()) if name.lower() == "kty" and value is not None), None)


def _is_private(key: dict[str, Any]) -> bool:
    return any(name.lower() == "d" for name in key)


def _key_problem(key: Any) -> str:
    if not isinstance(key, dict):
        return "a key is no object"
    kind = _kind(key)
    kinds = [value for name, value in key.items() if name.lower() == "kty" and value is not None]
    if not isinstance(kind, str) or kind not in _NEEDED or not all(isinstance(value, str) for value in kinds):
        return f"key type {kind!r} is unknown"
    if key.get("kty", kind) != kind:
        return f"key type {key['kty']!r} is given beside {kind!r}"
    return _members_problem(key, kind) or _lists_problem(key)


def _members_problem(key: dict[str, Any], kind: str) -> str:
    private = kind != "oct" and _is_private(key)
    needed = [*_NEEDED[kind], "d"] if private else list(_NEEDED[kind])
    needed += [name for name in _PRIVATE_RSA if private and kind == "RSA" and name in key]
    for name in needed:
        if name not in key or not _base64(key[name]):
            return f"member {name!r} of a key of type {kind} is missing or no base64"
    if kind in ("EC", "OKP") and not isinstance(key.get("crv", 0), (str, type(None))):
        return f"a key of type {kind} has no curve"
    if any(not isinstance(key.get(name), (str, type(None))) for name in _TEXTS):
        return f"{', '.join(_TEXTS)} must be texts"
    return ""


def _lists_problem(fields: dict[str, Any]) -> str:
    operations, chain = fields.get("key_ops") or [], fields.get("x5c") or []
    if not isinstance(operations, list) or not all(isinstance(item, str) for item in operations):
        return "key_ops must be a list of texts"
    if not isinstance(chain, list) or not all(_certificate(item) for item in chain):
        return "x5c must hold certificates"
    return ""


def _decoded(value: Any) -> bytes | None:
    if not isinstance(value, str):
        return None
    text = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _base64(value: Any) -> bool:
    return value is None or _decoded(value) is not None


def _certificate(value: Any) -> bool:
    content = _decoded(value)
    if not content:
        return False
    from cryptography import x509  # noqa: PLC0415 - slow to import, and few keys carry certificates

    try:
        x509.load_der_x509_certificate(content)
    except ValueError:
        return False
    return True
