"""A call that installs Istio, as its arguments tell: where, which revision, which files, and who names the hub."""

import re
from pathlib import Path
from typing import Any

import msgspec

from getmesh.distributions import calls

INSTALL = "install"
GENERATE = "generate"
_MANIFEST_INSTALLS = frozenset({"install", "apply"})
_YES = frozenset({"-y", "--skip-confirmation", "--skip-confirmation=true", "-y=true"})
_DRY = frozenset({"--dry-run", "--dry-run=true"})
_HELP = frozenset({"-h", "--help"})
_PATIENCE = 300.0  # istioctl's own default
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_HUB_KEYS = ("hub", "values.global.hub", "spec.hub", "spec.values.global.hub")


class InstallCall(msgspec.Struct, frozen=True):
    """What the arguments say.

    Attributes:
        verb: ``install``, ``upgrade``, ``generate`` (manifests only), or empty for anything else.
        namespace: where the control plane lives.
        revision: of the control plane, ``default`` when none is named.
        files: IstioOperator files of ``-f``, in order.
        settings: ``--set`` values, in order.
        profile: of the configuration, empty when no ``--set`` names one.
        patience: seconds that resources have to become ready.
        yes: the user has confirmed by ``-y``.
        dry_run: nothing is to be changed.
    """

    verb: str
    namespace: str
    revision: str
    files: tuple[str, ...]
    settings: tuple[str, ...]
    profile: str
    patience: float
    yes: bool
    dry_run: bool


def read_call(arguments: list[str]) -> InstallCall:
    """Read a call by position of its command, never by words that happen to be in it."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    settings = tuple(_values(before, "--set", "-s"))
    return InstallCall(
        verb="" if _HELP & set(before) else _verb(arguments),
        namespace=calls.flag_value(before, "--istioNamespace", "-i") or "istio-system",
        revision=calls.flag_value(before, "--revision", "-r") or _set_value(settings, "revision") or "default",
        files=tuple(path for value in _values(before, "--filename", "-f") for path in value.split(",") if path),
        settings=settings,
        profile=_set_value(settings, "profile"),
        patience=_seconds(calls.flag_value(before, "--readiness-timeout") or ""),
        yes=bool(_YES & set(before)),
        dry_run=bool(_DRY & set(before)),
    )


def hub_of(call: InstallCall) -> str | None:
    """Give the hub that arguments or files set, None if none does.

    A file that cannot be looked at, such as standard input, may set one; then its name is given in brackets.
    """
    for key in _HUB_KEYS:
        if value := _set_value(call.settings, key):
            return value
    for file in reversed(call.files):
        if file == "-" or "://" in file:
            return f"({file})"
        if value := _hub_in_file(Path(file)):
            return value
    return None


def with_hub(arguments: list[str], hub: str) -> list[str]:
    """Give the arguments with a hub set, before a ``--`` if there is one."""
    return _insert(arguments, ["--set", f"hub={hub}"])


def with_yes(arguments: list[str]) -> list[str]:
    """Give the arguments with the confirmation that the user gave us, so that istioctl does not ask again."""
    return _insert(arguments, ["--skip-confirmation"])


def _insert(arguments: list[str], more: list[str]) -> list[str]:
    index = arguments.index("--") if "--" in arguments else len(arguments)
    return [*arguments[:index], *more, *arguments[index:]]


def _verb(arguments: list[str]) -> str:
    places = calls.positions(arguments)
    words = [arguments[place] for place in places]
    if not words or words[0] not in calls.INSTALLING:
        return ""
    if words[0] != "manifest":
        return words[0]
    second = words[1] if len(words) > 1 else ""
    return INSTALL if second in _MANIFEST_INSTALLS else GENERATE if second == "generate" else ""


def _seconds(text: str) -> float:
    """Read a duration of Go, such as ``1m30s``; what is none is istioctl's to complain about."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return _PATIENCE
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _values(arguments: list[str], long: str, short: str) -> list[str]:
    found = []
    for index, word in enumerate(arguments):
        if word in {long, short}:
            found += arguments[index + 1 : index + 2]
        elif word.startswith(f"{long}="):
            found.append(word[len(long) + 1 :])
        elif word.startswith(short) and not word.startswith("--") and len(word) > len(short):
            found.append(word[len(short) :].removeprefix("="))
    return found


def _set_value(settings: tuple[str, ...], key: str) -> str:
    for setting in reversed(settings):
        for part in reversed(setting.split(",")):
            name, sign, value = part.partition("=")
            if sign and name.strip() == key:
                return value.strip()
    return ""


def _hub_in_file(path: Path) -> str:
    import yaml  # noqa: PLC0415 - only calls with -f need it

    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""  # istioctl will say what is wrong with its file
    for document in documents:
        spec = _map(_map(document).get("spec"))
        hub = spec.get("hub") or _map(_map(spec.get("values")).get("global")).get("hub")
        if isinstance(hub, str) and hub:
            return hub
    return ""


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
