"""From a configuration file and flags to an order; everything wrong with them is said at once."""

import secrets
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from getmesh.ca.config_keys import ALIASES, KEYS, Kind, Tree, plain
from getmesh.ca.keys import family, rsa_family
from getmesh.ca.order import DEFAULT_DAYS, DEFAULT_FAMILY, NAMESPACE, PROVIDERS, Order, Wish
from getmesh.ca.subject import Subject
from getmesh.errors import UsageError

_REQUEST: Final = ("certificateParameters", "caOptions", "certSigningRequestParams")
_OPTIONS: Final = ("certificateParameters", "caOptions")
_SECRET: Final = ("certificateParameters", "secretOptions")
_TRUTH: Final = {"true": True, "false": False}
_LONGEST_DAYS: Final = 36500
Overrides = Mapping[tuple[str, ...], Any]


def read_order(document: Any, overrides: Overrides) -> Order:
    """Give the order that a decoded configuration and the given flags make; flags win where they are given.

    Args:
        document: the file's value, None for no file.
        overrides: values of flags by path of keys, such as ``("providerName",)``.

    Raises:
        UsageError: keys that nobody knows, values that do not fit, or things that are missing.
    """
    faults: list[str] = []
    warnings: list[str] = []
    if document is not None and not isinstance(document, Mapping):
        raise UsageError("the configuration is no map of keys", hint="It begins with 'providerName: …'.")
    values = dict(_read(document or {}, KEYS, (), faults, warnings))
    values.update(overrides)
    if faults:
        raise UsageError("configuration: " + "; ".join(faults), hint="docs/guide/ca.md lists every key.")
    return _order(values, tuple(warnings))


def _read(
    document: Mapping[Any, Any], tree: Tree, path: tuple[str, ...], faults: list[str], warnings: list[str]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    known = {plain(key): key for key in tree} | {alias: key for alias, key in ALIASES.items() if key in tree}
    for key, value in document.items():
        name = known.get(plain(str(key)))
        place = ".".join((*path, str(key)))
        if name is None:
            near = get_close_matches(plain(str(key)), known, n=1, cutoff=0.6)
            faults.append(f"unknown key {place!r}" + (f", did you mean {known[near[0]]!r}?" if near else ""))
            continue
        below = tree[name]
        if not isinstance(below, Kind):
            if isinstance(value, Mapping):
                yield from _read(value, below, (*path, name), faults, warnings)
            elif value is not None:
                faults.append(f"{place!r} should hold keys, not {_kind_of(value)}")
        elif below is Kind.IGNORED:
            warnings.append(f"{place!r} has no meaning and is passed over")
        elif value is not None:
            fitting = _fit(value, below)
            if fitting is None:
                faults.append(f"{place!r} should be {below}, not {_kind_of(value)}")
            else:
                yield (*path, name), fitting


def _fit(value: Any, kind: Kind) -> Any:
    """Give a value as its key wants it; a single text may stand for a list of one, and a number may be quoted."""
    if kind is Kind.SWITCH:
        return value if isinstance(value, bool) else _TRUTH.get(str(value).lower())
    if isinstance(value, bool):
        return None
    if kind is Kind.NUMBER:
        text = str(value)
        return int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() else None
    if kind is Kind.TEXT:
        return str(value) if isinstance(value, str | int | float) else None
    items = value if isinstance(value, list) else [value]
    texts = [str(item) for item in items if isinstance(item, str | int) and not isinstance(item, bool)]
    return tuple(text for text in texts if text) if len(texts) == len(items) else None


def _kind_of(value: Any) -> str:
    names = {dict: "keys", list: "a list", str: f"the text {value!r}", bool: "true or false"}
    return names.get(type(value), repr(value))


def _order(values: dict[tuple[str, ...], Any], warnings: tuple[str, ...]) -> Order:
    provider = str(values.get(("providerName",), "")).lower()
    if provider not in PROVIDERS:
        near = get_close_matches(provider, PROVIDERS, n=1, cutoff=0.4)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        what = f"no provider {provider!r}" if provider else "no provider is named"
        raise UsageError(what, hint=f"{guess}Set providerName or --provider to one of {', '.join(PROVIDERS)}.")
    options = {path[2]: value for path, value in values.items() if path[:2] == ("providerConfig", provider)}
    file = str(values.get((*_SECRET, "secretFilePath"), ""))
    disabled = bool(values.get(("disableSecretCreation",), False))
    if disabled and not file and provider != "csr":
        raise UsageError(
            "secret creation is disabled and no file is named, so the CA would be lost",
            hint="Add --secret-file-path FILE; keys are never put on disk unasked.",
        )
    override = bool(values.get((*_SECRET, "overrideExistingCACertsSecret")) or values.get((*_SECRET, "force")))
    namespace = str(values.get((*_SECRET, "istioCANamespace")) or NAMESPACE)
    return Order(
        provider=provider,
        options=options,
        wish=_wish(values),
        namespace=namespace,
        to_secret=not disabled and not file,
        file=str(Path(file).expanduser()) if file else "",
        override=override,
        warnings=warnings,
    )


def _wish(values: Mapping[tuple[str, ...], Any]) -> Wish:
    def request(*path: str) -> Any:
        return values.get((*_REQUEST, *path))

    days = values.get((*_OPTIONS, "validityDays"))
    days = DEFAULT_DAYS if days is None else int(days)
    if not 1 <= days <= _LONGEST_DAYS:
        raise UsageError(f"a life of {days} days is not possible", hint="Advised are 90 to 365 days.")
    named, bits = values.get((*_OPTIONS, "keyFamily")), values.get((*_OPTIONS, "keyLength"))
    chosen = family(named).name if named else rsa_family(int(bits)).name if bits else DEFAULT_FAMILY
    subject = Subject(
        common_name=request("subject", "commonName") or f"Istio CA {secrets.token_hex(4)}",
        serial_number=request("subject", "serialNumber") or "",
        country=request("subject", "country") or (),
        province=request("subject", "province") or (),
        locality=request("subject", "locality") or (),
        street=request("subject", "streetAddress") or (),
        postal_code=request("subject", "postalCode") or (),
        organization=request("subject", "organization") or (),
        unit=request("subject", "organizationalUnit") or (),
        dns=request("dnsNames") or (),
        emails=request("emailAddresses") or (),
        ips=request("ipAddresses") or (),
        uris=request("uris") or (),
    )
    subject.name()
    subject.alternative_names()
    return Wish(subject, days, chosen)
