"""The project's configuration: ``.getmesh.toml``, or ``[tool.getmesh]`` of a ``pyproject.toml``, found upwards."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from getmesh.analysis.meta import Severity
from getmesh.errors import UsageError
from getmesh.model.snapshot import KialiSettings

_KEYS: Final = ("select", "ignore", "fail-on", "istio-version", "severity", "per-path", "per-namespace", "kiali")
_KIALI_KEYS: Final = (
    "ignore", "skip-wildcard-gateway-hosts", "cluster-name", "app-label", "version-label", "gateway-api-classes",
)  # fmt: skip
_GATES: Final = ("error", "warning", "info", "never")


@dataclass(frozen=True, slots=True)
class ScopedIgnore:
    """Codes ignored below a path or in a namespace; both may hold wildcards."""

    codes: tuple[str, ...]
    path: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Project:
    """What the configuration file says; everything absent keeps its default.

    Attributes:
        file: where it was found, ``""`` if nowhere.
    """

    file: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = ""
    istio_version: str = ""
    severity: Mapping[str, Severity] = field(default_factory=dict)
    scopes: tuple[ScopedIgnore, ...] = ()
    kiali: KialiSettings = field(default_factory=KialiSettings)


def find(start: Path) -> Project:
    """Read the nearest configuration at or above a folder; the defaults if there is none.

    Raises:
        UsageError: the file cannot be read, or holds what getmesh does not know.
    """
    for folder in (start, *start.parents):
        for name, table in ((".getmesh.toml", ()), ("pyproject.toml", ("tool", "getmesh"))):
            file = folder / name
            if not file.is_file():
                continue
            values = _load(file)
            for key in table:
                values = values.get(key, {})
            if values or not table:
                return _project(str(file), values)
    return Project()


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: {error}", hint="The file must be TOML in UTF-8.") from error


def _project(file: str, values: Mapping[str, Any]) -> Project:
    _known(file, values, _KEYS)
    gate = str(values.get("fail-on", ""))
    if gate and gate not in _GATES:
        raise UsageError(f"{file}: fail-on: {gate!r} is none of {', '.join(_GATES)}")
    return Project(
        file=file,
        select=_texts(file, "select", values.get("select", [])),
        ignore=_texts(file, "ignore", values.get("ignore", [])),
        fail_on=gate,
        istio_version=str(values.get("istio-version", "")),
        severity={str(code).upper(): _severity(file, text) for code, text in values.get("severity", {}).items()},
        scopes=tuple(_scopes(file, values)),
        kiali=_kiali(file, values.get("kiali", {})),
    )


def _kiali(file: str, values: Any) -> KialiSettings:
    _known(f"{file}: kiali", values, _KIALI_KEYS)
    defaults = KialiSettings()
    skip = values.get("skip-wildcard-gateway-hosts", False)
    if not isinstance(skip, bool):
        raise UsageError(f"{file}: kiali.skip-wildcard-gateway-hosts must be true or false")
    return KialiSettings(
        ignored_codes=frozenset(_texts(file, "kiali.ignore", values.get("ignore", sorted(defaults.ignored_codes)))),
        skip_wildcard_gateway_hosts=skip,
        cluster_name=str(values.get("cluster-name", defaults.cluster_name)),
        app_label=str(values.get("app-label", "")),
        version_label=str(values.get("version-label", "")),
        gateway_classes=frozenset(_texts(file, "kiali.gateway-api-classes", values.get("gateway-api-classes", []))),
    )


def _scopes(file: str, values: Mapping[str, Any]) -> Iterable[ScopedIgnore]:
    for table, key in (("per-path", "path"), ("per-namespace", "namespace")):
        for entry in values.get(table, []):
            if not isinstance(entry, dict) or not isinstance(entry.get(key), str):
                raise UsageError(f"{file}: each [[{table}]] needs a {key}")
            _known(f"{file}: {table}", entry, (key, "ignore"))
            codes = _texts(file, f"{table}.ignore", entry.get("ignore", []))
            yield ScopedIgnore(codes, **{key: entry[key]})


def _severity(file: str, text: object) -> Severity:
    try:
        return Severity(str(text))
    except ValueError as error:
        raise UsageError(f"{file}: severity: {text!r} is none of error, warning, info") from error


def _texts(file: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{file}: {key} must be a list of strings")
    return tuple(value)


def _known(where: str, values: Any, keys: tuple[str, ...]) -> None:
    if not isinstance(values, dict):
        raise UsageError(f"{where} must be a table")
    for key in values:
        if key not in keys:
            near = get_close_matches(str(key), keys, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(keys)}."
            raise UsageError(f"{where}: unknown key {key!r}", hint=hint)
