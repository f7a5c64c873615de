"""Several clusters in one call: each is read and judged on its own, in the order in which it was named."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from getmesh.cli.cluster_input import laid_over, named_namespaces, read_from
from getmesh.cli.clusters import open_cluster
from getmesh.cli.input import InputOptions, is_offline, standard_input
from getmesh.cli.verdict import Request, exit_code, report_of, tell
from getmesh.errors import ClusterError, GetmeshError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from getmesh.analysis.catalogue import Rule
    from getmesh.ports.kube import KubeClient
    from getmesh.report.findings import FindingsReport
    from getmesh.sources.reading import Reading

SCHEMA: Final = "getmesh/clusters/v1"
FORMATS: Final = ("table", "json", "yaml")
# The worst of several exit codes: a bug of ours, a world that failed, bad input, findings, gaps.
_ORDER: Final = (70, 4, 2, 1, 3, 0)


def validate(options: InputOptions, request: Request, *, everything: bool) -> int:
    """Judge every cluster; one that cannot be read does not hide the others. Give the worst exit code.

    Raises:
        UsageError: the format shows one cluster only, or there is no network.
    """
    from getmesh.analysis.catalogue import rules as load_rules
    from getmesh.sources.reading import Reading, read

    if request.output not in FORMATS:
        raise UsageError(f"-o {request.output} shows one cluster", hint=f"Take one of {', '.join(FORMATS)}.")
    if is_offline(options) or options.snapshot:
        raise UsageError("several clusters need the network, and it is switched off")
    files = read(list(options.paths), stdin=standard_input(options.paths)) if options.paths else Reading()
    rules = load_rules(request.codes)
    documents: list[dict[str, Any]] = []
    codes = []
    for name, client in _clusters(options):
        try:
            if isinstance(client, GetmeshError):
                raise client
            code, report = _judge(name, client, files, options, request, rules, everything=everything)
        except ClusterError as error:
            print(f"getmesh: cluster {name}: {error.message}", file=sys.stderr)
            codes.append(error.exit_code)
            documents.append({"context": name, "error": error.message})
        else:
            codes.append(code)
            documents.append({"context": name, **report})
    _write(documents, request)
    return min(codes, key=_ORDER.index, default=0)


def _clusters(options: InputOptions) -> "Iterator[tuple[str, KubeClient | GetmeshError]]":
    """Yield each cluster by name, or why there is none; remote ones after the cluster that names them."""
    from getmesh.sources.cluster_remotes import remote_kubeconfigs

    named = [part.strip() for part in (options.context or "").split(",") if part.strip()]
    contexts: list[str | None] = [*named] or [None]
    for context in contexts:
        try:
            client = open_cluster(options.kubeconfig, context)
        except ClusterError as error:
            yield context or "the current context", error
            continue
        yield client.context, client
        if options.follow:
            try:
                found = remote_kubeconfigs(client)
            except ClusterError as error:
                yield f"remote clusters of {client.context}", error
                continue
            for name, content in found:
                yield name, _remote(name, content)


def _remote(name: str, content: bytes) -> "KubeClient | GetmeshError":
    from getmesh.ports.kube import KubeClient
    from getmesh.ports.kube_access import Access, configure
    from getmesh.ports.kube_config import remote_target

    try:
        target = remote_target(name, content)
        return KubeClient(Access(target, configure(target)))
    except ClusterError as error:
        return error


def _judge(
    name: str,
    client: "KubeClient",
    files: "Reading",
    options: InputOptions,
    request: Request,
    rules: "tuple[Rule, ...]",
    *,
    everything: bool,
) -> tuple[int, dict[str, Any]]:
    from getmesh.analysis.runner import run
    from getmesh.cli.overlay import narrowed
    from getmesh.report.findings import report_data

    cluster = read_from(client, replace(options, follow=False), named_namespaces(options, files))
    mesh = laid_over(cluster, files, options)
    result = narrowed(mesh, rules, run(mesh.snapshot, rules), everything=everything)
    report = report_of(mesh, request, rules, result)
    if request.output == "table":
        _table(name, report, request)
    tell(report, request, result, mesh.reading.warnings)
    return exit_code(report, request, crashed=bool(result.crashes)), report_data(report)


def _table(name: str, report: "FindingsReport", request: Request) -> None:
    from getmesh.report.table import render

    sys.stdout.write(f"cluster {name}\n{render(report, colour=request.colour)}")


def _write(documents: list[dict[str, Any]], request: Request) -> None:
    if request.output == "table":
        return
    from getmesh.cli.discovery_input import emit

    emit({"schema": SCHEMA, "clusters": documents}, request.output, request.output_file)
