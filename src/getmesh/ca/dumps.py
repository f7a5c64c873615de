"""What proxies say that they hold: certificates and roots in configuration dumps of Envoy and ztunnel."""

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from getmesh.ca import pem
from getmesh.errors import InputError

_LEAF = "default"
_ROOTS = "ROOTCA"
_HOW = "Make it with: istioctl proxy-config secret POD -o json"


@dataclass(frozen=True, slots=True)
class Held:
    """Certificates of one identity.

    Attributes:
        identity: SPIFFE URI of the leaf, ``""`` if there is none.
        chain: the leaf first, then its issuers as they are sent to peers.
        roots: what it trusts.
    """

    identity: str
    chain: tuple[x509.Certificate, ...]
    roots: tuple[x509.Certificate, ...]


def read_dump(text: bytes, source: str) -> list[Held]:
    """Read a dump: of Envoy one identity, of ztunnel one for each workload on its node.

    Envoy: ``istioctl proxy-config secret -o json`` or the admin's ``config_dump``; ztunnel: ``istioctl ztunnel-config
    certificates -o json``, or its ``config_dump``. Entries that are still warming hold no certificates.

    Raises:
        InputError: it is no such dump.
    """
    try:
        return _read(json.loads(text), source)
    except (ValueError, RecursionError):
        raise InputError(f"{source} is no JSON, or too deep", hint=_HOW) from None


def _read(value: Any, source: str) -> list[Held]:
    entries = value.get("certificates") if isinstance(value, dict) else value
    if isinstance(entries, list) and all(isinstance(one, dict) and "identity" in one for one in entries):
        return [_of_ztunnel(entry) for entry in entries]
    secrets = dict(_secrets(value))
    if not secrets:
        raise InputError(f"{source} holds no certificates of a proxy", hint=_HOW)
    leaf, trusted = secrets.get(_LEAF, {}), secrets.get(_ROOTS, {})
    chain = _inline(_at(leaf, "tlscertificate", "certificatechain"))
    roots = _inline(_at(trusted, "validationcontext", "trustedca"))
    return [Held(identity_of(chain[0]) if chain else "", tuple(chain), tuple(roots))]


def identity_of(leaf: x509.Certificate) -> str:
    """Give the SPIFFE URI of a workload's certificate, ``""`` if it has none."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return next((uri for uri in uris if uri.startswith("spiffe://")), "")


def _of_ztunnel(entry: Mapping[str, Any]) -> Held:
    chain = [one for part in _items(entry.get("certChain")) for one in _pem_of(part)]
    roots = [one for part in _items(entry.get("rootCerts")) for one in _pem_of(part)]
    if not roots and len(chain) > 1 and pem.is_self_signed(chain[-1]):
        roots = [chain.pop()]  # older ones put the root at the end of the chain
    return Held(str(entry.get("identity") or ""), tuple(chain), tuple(roots))


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _pem_of(part: Any) -> list[x509.Certificate]:
    text = str(part.get("pem") or "") if isinstance(part, dict) else str(part)
    data = _bytes(text)
    if b"-----BEGIN" in data:
        return pem.certificates(data)
    return pem.certificates(_decoded(text))


def _secrets(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Find the secrets in a dump, however deep; keys are compared without case and separators."""
    if isinstance(value, list):
        for item in value:
            yield from _secrets(item)
    elif isinstance(value, dict):
        fields = _fields(value)
        inside = fields.get("secret")
        name = fields.get("name")
        if isinstance(inside, dict) and isinstance(name, str) and name in {_LEAF, _ROOTS}:
            yield name, inside
        else:
            for item in value.values():
                yield from _secrets(item)


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("_", "").lower(): item for key, item in value.items()}


def _at(value: Any, *path: str) -> dict[str, Any]:
    for key in path:
        value = _fields(value).get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _inline(value: dict[str, Any]) -> list[x509.Certificate]:
    fields = _fields(value)
    if fields.get("inlinestring"):
        return pem.certificates(_bytes(str(fields["inlinestring"])))
    return pem.certificates(_decoded(str(fields.get("inlinebytes") or "")))


def _bytes(text: str) -> bytes:
    return text.encode("ascii", "replace")


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text)
    except (binascii.Error, ValueError):
        return b""
