"""Reading the mesh from a cluster or from a saved snapshot, with files laid over it."""

import re
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from getmesh.cli.clusters import open_cluster
from getmesh.cli.input import InputOptions, MeshInput, decode_file, is_offline, parse_istio_version, standard_input
from getmesh.errors import InputError, UsageError
from getmesh.model.objects import as_list, as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from getmesh.model.objects import Object
    from getmesh.model.snapshot import Settings
    from getmesh.ports.kube import KubeClient
    from getmesh.sources.cluster import ClusterReading
    from getmesh.sources.reading import Reading

_TAG: Final = re.compile(r":v?(\d+)\.(\d+)\b[^/]*\Z")


def load_cluster(options: InputOptions) -> MeshInput:
    """Read a live cluster or a snapshot file, and lay the files over it.

    Raises:
        UsageError: the options contradict one another.
        InputError: the snapshot file or a file of mesh configuration cannot be used.
        ClusterError: the cluster cannot be reached or does not know the user.
    """
    from getmesh.sources.reading import Reading, read

    if options.snapshot and (options.kubeconfig or options.context):
        raise UsageError("--snapshot takes the place of a cluster", hint="Leave --kubeconfig and --context out.")
    if "," in f"{options.context}{options.snapshot}":
        raise UsageError("this command looks at one cluster", hint="Name one; config-validate takes several.")
    files = read(list(options.paths), stdin=standard_input(options.paths)) if options.paths else Reading()
    cluster = saved(options.snapshot) if options.snapshot else live(options, named_namespaces(options, files))
    return laid_over(cluster, files, options)


def named_namespaces(options: InputOptions, files: "Reading") -> tuple[str, ...]:
    """Give where to look if namespaces may not be listed: those of the files and those that the user named."""
    listed = [part for text in options.namespaces for part in text.split(",")]
    return tuple(sorted({obj.namespace for obj in files.objects if obj.namespace} | set(listed)))


def laid_over(cluster: "ClusterReading", files: "Reading", options: InputOptions) -> MeshInput:
    """Give the cluster, with the files as if they were applied to it."""
    from getmesh.model.snapshot import Snapshot
    from getmesh.sources.reading import Reading

    base = Snapshot(cluster.objects, _settings(options, cluster, "cluster"))
    if not options.paths:
        reading = Reading(objects=cluster.objects, warnings=cluster.warnings)
        return MeshInput(base, reading, "snapshot" if options.snapshot else "cluster")
    applied = [obj.applied_from(cluster.namespace) for obj in files.objects]
    over = Snapshot((*cluster.objects, *applied), _settings(options, cluster, "overlay"))
    touched = frozenset(obj.identity for obj in applied)
    together = Reading(
        objects=[*(obj for obj in cluster.objects if obj.identity not in touched), *applied],
        faults=files.faults,
        warnings=[*cluster.warnings, *files.warnings],
        files=files.files,
        locator=files.locator,
    )
    return MeshInput(over, together, "overlay", touched, base)


def live(options: InputOptions, namespaces: tuple[str, ...] = ()) -> "ClusterReading":
    """Read the cluster; one call reads one cluster once, however often its files are judged."""
    from getmesh.ports.kube_config import NotConfiguredError

    if is_offline(options):
        raise UsageError("a cluster needs the network, and it is switched off")
    try:
        return _live(replace(options, paths=(), namespaces=(), kiali=None), namespaces)
    except NotConfiguredError as error:
        if not options.paths:
            raise
        hint = f"To look at the files alone, add --offline. {error.hint}"
        raise NotConfiguredError(error.message, hint=hint) from error


@cache
def _live(options: InputOptions, namespaces: tuple[str, ...]) -> "ClusterReading":
    return read_from(open_cluster(options.kubeconfig, options.context), options, namespaces)


def read_from(client: "KubeClient", options: InputOptions, namespaces: tuple[str, ...]) -> "ClusterReading":
    """Read a cluster that is open; say what it was asked if the user wants to know."""
    from getmesh.sources.cluster import Wish, read_cluster

    kinds = Wish().kinds if options.kinds is None else options.kinds
    try:
        reading = read_cluster(client, Wish(kinds, namespaces, options.seconds, options.precheck))
    finally:
        if options.verbose:
            tell_tally(client)
    if options.verbose:
        print(f"{len(reading.objects)} objects read in {reading.seconds:.2f} s", file=sys.stderr)
    return reading


def saved(path: str) -> "ClusterReading":
    """Read a snapshot file.

    Raises:
        InputError: it cannot be read or is none.
    """
    from getmesh.sources.snapshot_file import decode

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"--snapshot: {path}: {error.strerror}") from error
    return decode(path, data)


def tell_tally(client: "KubeClient") -> None:
    """Say on standard error what the API was asked."""
    from getmesh.report.columns import table

    rows = [
        (path, str(int(requests)), str(int(retries)), str(int(size)), f"{seconds:.3f}")
        for path, (requests, retries, size, seconds) in sorted(client.tally.rows.items())
    ]
    total = [sum(row[index] for row in client.tally.rows.values()) for index in range(4)]
    rows.append(("total", str(int(total[0])), str(int(total[1])), str(int(total[2])), f"{total[3]:.3f}"))
    sys.stderr.write(table(("ASKED", "REQUESTS", "RETRIES", "BYTES", "SECONDS"), rows))


def running_istio(objects: "Iterable[Object]") -> tuple[int, int] | None:
    """Give (major, minor) of the oldest istiod that runs, by the tag of its image; None if no tag tells."""
    found = []
    for obj in objects:
        if obj.key == "Deployment" and obj.labels.get("app") == "istiod":
            template = as_map(as_map(obj.spec.get("template")).get("spec"))
            for container in map(as_map, as_list(template.get("containers"))):
                match = _TAG.search(as_text(container.get("image")))
                if match and container.get("name") == "discovery":
                    found.append((int(match[1]), int(match[2])))
    return min(found, default=None)


def _settings(options: InputOptions, cluster: "ClusterReading", mode: str) -> "Settings":
    from getmesh.model.snapshot import KialiSettings, Settings

    running = running_istio(cluster.objects)
    version = None if options.istio_version else running
    mesh_config = decode_file(options.mesh_config, "--mesh-config")
    assumed = {key: why for key, why in cluster.assumed.items() if key != "ConfigMap" or mesh_config is None}
    return Settings(
        istio_version=version or parse_istio_version(options.istio_version),
        mode=mode,
        mesh_config=mesh_config,
        mesh_networks=decode_file(options.mesh_networks, "--mesh-networks"),
        cluster_domain=options.cluster_domain,
        kubernetes_version=cluster.kubernetes_version,
        now=time.time(),
        unread=cluster.unread,
        partial=cluster.partial,
        assumed=assumed,
        hidden=cluster.hidden,
        kiali=options.kiali or KialiSettings(),
        precheck=options.precheck,
        running_minor=running[1] if running else None,
        refused=cluster.refused,
    )
