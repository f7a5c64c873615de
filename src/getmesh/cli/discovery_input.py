"""Input of the discovery commands: the mesh, other clusters, and which proxy is meant."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getmesh.cli.input import InputOptions, MeshInput, load
from getmesh.cli.options import cluster_options, input_options

if TYPE_CHECKING:
    from getmesh.discovery.proxies import Proxy
    from getmesh.discovery.simulation import Simulation
    from getmesh.model.snapshot import Snapshot

F = TypeVar("F", bound=Callable[..., Any])
INCOMPLETE = 2
PARTIAL = 3


def mesh_options(function: F) -> F:
    """Add the options that say what the mesh is."""
    for option in reversed(
        (
            click.option("-f", "--filename", "paths", multiple=True, metavar="PATH", help="Files, folders or globs."),
            click.option(
                "--remote", multiple=True, metavar="NAME=PATH", help="Objects of another cluster of the mesh."
            ),
        )
    ):
        function = option(function)
    return cluster_options(input_options(function))


def proxy_options(function: F) -> F:
    """Add the argument and options that say which proxy is meant."""
    for option in reversed(
        (
            click.argument("workload", required=False, metavar="[WORKLOAD]"),
            click.option("-n", "--namespace", metavar="NS", help="Namespace of the workload or proxy."),
            click.option("--proxy", type=click.Choice(("sidecar", "router")), help="A proxy that need not exist."),
            click.option("--labels", default="", metavar="K=V,...", help="Labels of that proxy."),
            click.option("--ip", default="", metavar="IP", help="Address of that proxy."),
        )
    ):
        function = option(function)
    return function


def read_mesh(given: dict[str, Any], more: frozenset[str] = frozenset()) -> "tuple[MeshInput, Simulation]":
    """Read the mesh that the options name, and warn of what could not be read.

    Args:
        given: the options.
        more: kinds to read of a cluster beyond what the simulation needs.
    """
    from getmesh.discovery.simulation import KINDS, Simulation
    from getmesh.errors import UsageError
    from getmesh.model.snapshot import Snapshot
    from getmesh.sources.reading import read

    mesh = load(
        InputOptions(
            paths=given["paths"],
            offline=given["offline"],
            snapshot=given["snapshot"],
            mesh_config=given["mesh_config"],
            mesh_networks=given["mesh_networks"],
            cluster_domain=given["cluster_domain"],
            istio_version=given["istio_version"],
            kubeconfig=given["kubeconfig"],
            context=given["context"],
            kinds=KINDS | more,
        )
    )
    warn_of_faults(mesh.reading.faults)
    for kind, reason in sorted(mesh.snapshot.settings.unread.items()):
        if kind in KINDS | more:
            click.echo(f"getmesh: {kind} objects could not be read: {reason}", err=True)
    for kind, namespaces in sorted(mesh.snapshot.settings.partial.items()):
        if kind in KINDS | more:
            click.echo(f"getmesh: {kind} objects were read in {', '.join(sorted(namespaces))} only", err=True)
    remotes: dict[str, Snapshot] = {}
    for text in given.get("remote", ()):
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise UsageError(f"--remote {text!r}: write it as NAME=PATH")
        reading = read([path])
        warn_of_faults(reading.faults)
        remotes[name] = Snapshot(reading.objects, mesh.snapshot.settings)
    return mesh, Simulation(mesh.snapshot, remotes)


def warn_of_faults(faults: "Any") -> None:
    """Say on standard error which documents were left out."""
    for fault in faults:
        click.echo(f"getmesh: {fault.file}:{fault.line}:{fault.column}: {fault.message}", err=True)


def tell_of_settings(snapshot: "Snapshot") -> None:
    """Say on standard error what an istiod cannot use of its mesh configuration, and what it does then."""
    from getmesh.discovery.selected import SelectedNamespaces

    for plane, selection in snapshot.service(SelectedNamespaces).planes():
        for fault in selection.faults[:1]:
            click.echo(
                f"getmesh: the selectors are invalid ({fault.problem}): a running istiod keeps its old selection, "
                "a starting one discovers everything, as shown here",
                err=True,
            )
        if plane.mesh.discarded:
            click.echo(
                f"getmesh: istiod would discard the mesh configuration ({plane.mesh.discarded}): a running one keeps "
                "what it had, a starting one goes on with its defaults, as shown here",
                err=True,
            )


def chosen_proxy(simulation: "Simulation", given: dict[str, Any]) -> "Proxy":
    """Give the proxy that the options mean.

    Raises:
        UsageError: none is named, or it does not exist.
    """
    from getmesh.discovery.simulation import imagined
    from getmesh.errors import UsageError

    if given["proxy"]:
        if given["workload"]:
            raise UsageError("a WORKLOAD and --proxy exclude each other")
        if not given["namespace"]:
            raise UsageError("--proxy needs --namespace", hint="The namespace decides what a proxy sees.")
        return imagined(given["proxy"], given["namespace"], pairs(given["labels"], "--labels"), given["ip"])
    if not given["workload"]:
        raise UsageError(
            "no workload is named", hint="Name one as POD.NS or deploy/NAME.NS, or use --proxy with --namespace."
        )
    return simulation.find(given["workload"], given["namespace"] or "")


def pairs(text: str, option: str) -> dict[str, str]:
    """Read ``k=v,k=v``.

    Raises:
        UsageError: an entry has no equals sign.
    """
    from getmesh.errors import UsageError

    found = {}
    for entry in text.split(",") if text else ():
        key, equals, value = entry.strip().partition("=")
        if not equals or not key:
            raise UsageError(f"{option}: {entry!r} is no label", hint="Write labels as key=value,key=value.")
        found[key] = value
    return found


def exit_code(mesh: MeshInput, code: int = 0) -> int:
    """Give the exit code: that of unreadable input if there was some, else of a cluster that was read in part."""
    if mesh.reading.faults:
        return INCOMPLETE
    settings = mesh.snapshot.settings
    return code or (PARTIAL if settings.unread or settings.partial else 0)


def emit(value: Any, output: str, path: str | None = None) -> int:
    """Write a document as JSON or YAML, or a text as it is, to standard output or atomically to a file; give 0."""
    if output == "json":
        import msgspec

        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    elif output == "yaml":
        import yaml

        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    else:
        text = value
    if path:
        from pathlib import Path

        from getmesh.ports.disk import write_atomically

        write_atomically(Path(path), text.encode())
    else:
        click.echo(text, nl=False)
    return 0
