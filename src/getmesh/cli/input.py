"""Turns the input options into a snapshot."""

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from getmesh.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from getmesh.model.snapshot import KialiSettings, Snapshot
    from getmesh.sources.reading import Reading


NEWEST = (1, 31)
"""The newest Istio release that the rules know, for homes without an active distribution."""


@dataclass(frozen=True, slots=True)
class InputOptions:
    """What the user said about where the mesh is."""

    paths: "Sequence[str]" = ()
    offline: bool = False
    snapshot: str | None = None
    mesh_config: str | None = None
    mesh_networks: str | None = None
    cluster_domain: str = "cluster.local"
    istio_version: str | None = None
    kubeconfig: str | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    kinds: frozenset[str] | None = None
    seconds: float = 120.0
    verbose: bool = False
    follow: bool = False
    precheck: bool = False
    kiali: "KialiSettings | None" = None


@dataclass(frozen=True, slots=True)
class MeshInput:
    """A snapshot with what reading it left behind.

    Attributes:
        snapshot: the mesh.
        reading: places and faults of the files.
        mode: ``offline``, ``cluster``, ``overlay`` or ``snapshot``.
        touched: identities that the files declare; empty when there are no files.
        base: what the files are laid over, None without a cluster or snapshot file.
    """

    snapshot: "Snapshot"
    reading: "Reading"
    mode: str
    touched: frozenset[tuple[str, str, str]] = field(default=frozenset())
    base: "Snapshot | None" = None


def parse_istio_version(text: str | None) -> tuple[int, int]:
    """Give (major, minor) of ``1.28``, ``1.28.3`` or ``v1.28``; by default those of the active distribution.

    Raises:
        UsageError: it is no version.
    """
    if text is None:
        return _parts(_active_name()) or NEWEST
    found = _parts(text)
    if found is None:
        raise UsageError(f"--istio-version: {text!r} is no version", hint="Write it as 1.28 or 1.28.3.")
    return found


def _parts(text: str) -> tuple[int, int] | None:
    major, dot, rest = text.removeprefix("v").partition(".")
    minor = rest.partition(".")[0].partition("-")[0]
    return (int(major), int(minor)) if dot and major.isdecimal() and minor.isdecimal() else None


def _active_name() -> str:
    from getmesh.distributions.layout import DamagedError, home_folder, read_active

    try:
        return (read_active(home_folder(os.environ)) or {}).get("name", "")
    except DamagedError:
        return ""  # `show` and `doctor` speak of damage; here the default is enough


def is_offline(options: InputOptions) -> bool:
    """Whether no socket and no kubeconfig may be touched."""
    return options.offline or os.environ.get("GETMESH_OFFLINE") == "1"


def load(options: InputOptions) -> MeshInput:
    """Read what the options name.

    Raises:
        UsageError: the options contradict one another or name nothing.
        InputError: a file of mesh configuration cannot be used.
    """
    from getmesh.model.snapshot import KialiSettings, Settings, Snapshot
    from getmesh.sources.reading import read

    if not is_offline(options) or options.snapshot:
        from getmesh.cli.cluster_input import load_cluster

        return load_cluster(options)
    if not options.paths:
        raise UsageError("--offline needs files", hint="Name files or folders, or '-' for standard input.")
    reading = read(list(options.paths), stdin=standard_input(options.paths))
    settings = Settings(
        istio_version=parse_istio_version(options.istio_version),
        mode="offline",
        mesh_config=decode_file(options.mesh_config, "--mesh-config"),
        mesh_networks=decode_file(options.mesh_networks, "--mesh-networks"),
        cluster_domain=options.cluster_domain,
        now=time.time(),
        kiali=options.kiali or KialiSettings(),
        precheck=options.precheck,
    )
    return MeshInput(Snapshot(reading.objects, settings), reading, "offline")


def standard_input(paths: "Sequence[str]") -> bytes | None:
    """Give all of standard input if a path is ``-``."""
    return sys.stdin.buffer.read() if "-" in paths else None


def decode_file(path: str | None, option: str) -> dict[str, Any] | None:
    """Read mesh configuration or mesh networks from a file, whether as such or in what holds them.

    That may be a ConfigMap, an IstioOperator or Helm values.

    Raises:
        InputError: it cannot be read or is no map.
    """
    from getmesh.model.meshconfig import mesh_in, networks_in

    if path is None:
        return None
    key = "mesh" if option == "--mesh-config" else "meshNetworks"
    found = (mesh_in if key == "mesh" else networks_in)(decode_document(path, option, key))
    if found is None:
        raise InputError(f"{option}: {path}: expected one YAML map")
    return dict(found)


def decode_document(path: str, option: str, key: str) -> Any:
    """Read one YAML value from a file; that of a ConfigMap is the text under a key of its data.

    Raises:
        InputError: it cannot be read, or is not one document.
    """
    from getmesh.sources.yaml_text import decode

    try:
        with open(path, "rb") as file:  # noqa: PTH123 - one read; pathlib costs start-up time
            values = decode(file.read())
        if len(values) == 1 and isinstance(values[0], dict) and values[0].get("kind") == "ConfigMap":
            values = decode(str((values[0].get("data") or {}).get(key, ""))) or [{}]
    except OSError as error:
        raise InputError(f"{option}: {path}: {error.strerror}") from error
    except InputError as error:
        raise InputError(f"{option}: {path}: {error.message}", hint=error.hint) from error
    if len(values) != 1:
        raise InputError(f"{option}: {path}: expected one YAML document, found {len(values)}")
    return values[0]
