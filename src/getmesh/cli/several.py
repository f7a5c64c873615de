"""Several clusters in one call: each is read and judged on its own, in the order in which it was named.

Afterwards they are compared with one another, by the rules that are made for that.
"""

import sys
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from getmesh.analysis.runner import run
from getmesh.cli.cluster_input import laid_over, named_namespaces, read_from, saved
from getmesh.cli.clusters import open_cluster
from getmesh.cli.input import InputOptions, MeshInput, is_offline, standard_input
from getmesh.cli.overlay import narrowed
from getmesh.cli.verdict import Request, exit_code, report_of, tell, write
from getmesh.errors import ClusterError, UsageError
from getmesh.model.snapshot import Snapshot
from getmesh.report.findings import FindingsReport, report_data
from getmesh.sources.reading import Reading, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from getmesh.analysis.catalogue import Rule
    from getmesh.sources.cluster import ClusterReading

SCHEMA: Final = "getmesh/clusters/v1"
BETWEEN: Final = "between clusters"
_ONE_ONLY: Final = "name"
# The worst of several exit codes: a bug of ours, a world that failed, bad input, findings, gaps.
_ORDER: Final = (70, 4, 2, 1, 3, 0)


class _Cluster(NamedTuple):
    """A cluster by its name, and how to read it; reading raises `ClusterError`."""

    name: str
    read: "Callable[[], ClusterReading]"


def validate(options: InputOptions, request: Request, *, everything: bool) -> int:
    """Judge every cluster; one that cannot be read does not hide the others. Give the worst exit code.

    Raises:
        UsageError: the format shows one cluster only, the options contradict one another, or there is no network.
        InputError: a snapshot cannot be used.
    """
    from getmesh.analysis.catalogue import rules as load_rules

    _check(options, request)
    files = read(list(options.paths), stdin=standard_input(options.paths)) if options.paths else Reading()
    rules = load_rules(request.codes)
    inside = tuple(rule for rule in rules if "clusters" not in rule.meta.tags)
    across = tuple(rule for rule in rules if rule not in inside)
    reports: list[FindingsReport] = []
    meshes: dict[str, MeshInput] = {}
    codes = []
    for cluster in _clusters(options, files):
        try:
            mesh = laid_over(cluster.read(), files, options)
        except ClusterError as error:
            print(f"getmesh: cluster {cluster.name}: {error.message}", file=sys.stderr)
            codes.append(error.exit_code)
            reports.append(FindingsReport((), part=f"cluster {cluster.name}", failure=error.message))
        else:
            code, report = _judge(f"cluster {cluster.name}", mesh, request, inside, everything=everything)
            codes.append(code)
            reports.append(report)
            meshes[cluster.name] = _kept(mesh, across)
    between = None
    if across and meshes:
        code, between = _judge(BETWEEN, _together(meshes), request, across, everything=everything)
        codes.append(code)
    _show(reports, between, request)
    return min(codes, key=_ORDER.index, default=0)


def _check(options: InputOptions, request: Request) -> None:
    if request.output == _ONE_ONLY:
        raise UsageError(f"-o {request.output} shows one cluster", hint="Take another format, such as json.")
    if options.snapshot:
        if options.kubeconfig or options.context or options.follow:
            raise UsageError("--snapshot takes the place of clusters", hint="Name snapshots or contexts.")
    elif is_offline(options):
        raise UsageError("several clusters need the network, and it is switched off")


def _judge(
    part: str, mesh: MeshInput, request: Request, rules: "tuple[Rule, ...]", *, everything: bool
) -> tuple[int, FindingsReport]:
    """Judge, and show at once what a person waits for; give exit code and report."""
    result = narrowed(mesh, rules, run(mesh.snapshot, rules), everything=everything)
    report = replace(report_of(mesh, request, rules, result), part=part)
    if request.output == "table":
        from getmesh.report.table import render

        sys.stdout.write(f"{part}\n{render(report, colour=request.colour)}")
    tell(report, request, result, mesh.reading.warnings)
    return exit_code(report, request, crashed=bool(result.crashes)), report


def _kept(mesh: MeshInput, rules: "tuple[Rule, ...]") -> MeshInput:
    """Give what a comparison reads of a cluster, so that the rest of it need not stay in memory."""
    kinds: frozenset[str] = frozenset().union(*(rule.meta.kinds for rule in rules))

    def part(snapshot: Snapshot) -> Snapshot:
        return Snapshot((obj for obj in snapshot.objects if obj.key in kinds), snapshot.settings)

    reading = Reading(files=mesh.reading.files, locator=mesh.reading.locator)
    base = part(mesh.base) if mesh.base else None
    return replace(mesh, snapshot=part(mesh.snapshot), reading=reading, base=base)


def _together(meshes: dict[str, MeshInput]) -> MeshInput:
    """Give the first cluster, with the others as its peers.

    Each cluster's own report says what of it could not be read; one whose Services could not is left out.
    """
    readable = [name for name, mesh in meshes.items() if "Service" not in mesh.snapshot.settings.unread]
    first, *others = readable or meshes
    mesh = meshes[first]
    now = {name: meshes[name].snapshot for name in others}
    then = {name: meshes[name].base or meshes[name].snapshot for name in others}
    return MeshInput(
        _of_several(mesh.snapshot, first, now),
        Reading(objects=list(mesh.snapshot.objects), files=mesh.reading.files, locator=mesh.reading.locator),
        "clusters",
        mesh.touched,
        _of_several(mesh.base, first, then) if mesh.base else None,
    )


def _of_several(snapshot: Snapshot, name: str, peers: dict[str, Snapshot]) -> Snapshot:
    unread = {kind: reason for kind, reason in snapshot.settings.unread.items() if kind == "Service"}
    settings = replace(
        snapshot.settings, cluster=name, peers=peers, unread=unread, partial={}, assumed={}, hidden=frozenset()
    )
    return Snapshot(snapshot.objects, settings)


def _clusters(options: InputOptions, files: Reading) -> "Iterator[_Cluster]":
    """Yield each cluster; remote ones after the cluster that names them."""
    from getmesh.sources.cluster_remotes import remote_kubeconfigs

    if options.snapshot:
        yield from (_Cluster(path, partial(saved, path)) for path in _names(options.snapshot))
        return
    namespaces = named_namespaces(options, files)

    contexts: list[str | None] = [*_names(options.context or "")] or [None]
    for context in contexts:
        try:
            client = open_cluster(options.kubeconfig, context)
        except ClusterError as error:
            yield _Cluster(context or "the current context", partial(_fail, error))
            continue
        yield _Cluster(client.context, partial(read_from, client, options, namespaces))
        if options.follow:
            try:
                found = remote_kubeconfigs(client)
            except ClusterError as error:
                yield _Cluster(f"remote clusters of {client.context}", partial(_fail, error))
                continue
            for name, content in found:
                yield _Cluster(name, partial(_follow, name, content, options, namespaces))


def _names(text: str) -> list[str]:
    """Give what a list with commas names, each once."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _fail(error: ClusterError) -> "ClusterReading":
    raise error


def _follow(name: str, content: bytes, options: InputOptions, namespaces: tuple[str, ...]) -> "ClusterReading":
    """Read a cluster with the credential that another one holds for it."""
    from getmesh.ports.kube import KubeClient
    from getmesh.ports.kube_access import Access, configure
    from getmesh.ports.kube_config import remote_target

    target = remote_target(name, content)
    return read_from(KubeClient(Access(target, configure(target))), options, namespaces)


def _show(reports: list[FindingsReport], between: FindingsReport | None, request: Request) -> None:
    """Write all reports as one document; a table is written by now."""
    if request.output == "table":
        return
    renderer = import_module(f"getmesh.report.{request.output}")
    if request.output in {"json", "yaml"}:
        write(renderer.dumps(_document(reports, between)), request)
    else:
        write(renderer.render_several([*reports, *([between] if between else [])]), request)


def _document(reports: list[FindingsReport], between: FindingsReport | None) -> dict[str, Any]:
    clusters = []
    for report in reports:
        name = report.part.removeprefix("cluster ")
        clusters.append({"context": name, **({"error": report.failure} if report.failure else report_data(report))})
    return {"schema": SCHEMA, "clusters": clusters, **({"between": report_data(between)} if between else {})}
