"""``getmesh version``: getmesh, the active istioctl, and what the cluster runs."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from getmesh.cli.distribution_options import home, print_document, warn
from getmesh.cli.options import cluster_options, examples, output_option
from getmesh.errors import GetmeshError

if TYPE_CHECKING:
    from getmesh.distributions.catalog import Catalog
    from getmesh.distributions.running import Found, Mesh
    from getmesh.distributions.versions import IstioVersion


@click.command(epilog=examples("getmesh version", "getmesh version --remote=false -o json"))
@click.option("--remote", type=click.BOOL, default=True, show_default=True, help="Ask the cluster too.")
@click.option("-i", "--istioNamespace", "root", default="istio-system", show_default=True, help="Where Istio lives.")
@click.option("--snapshot", metavar="FILE", help="Look at a cluster that 'snapshot save' kept.")
@cluster_options
@output_option("table", "json", "yaml")
def version(
    remote: bool, root: str, snapshot: str | None, kubeconfig: str | None, context: str | None, output: str
) -> None:
    """Show the versions of getmesh, of the active istioctl, of control planes and proxies.

    Without a cluster that is said, and the exit code is still 0.
    """
    from getmesh import __version__
    from getmesh.distributions.editions import load
    from getmesh.distributions.store import Store
    from getmesh.distributions.versions import parse

    catalog = load(home()).catalog
    active = Store(home()).active_name()
    document: dict[str, object] = {"schema": "getmesh/version/v1", "getmesh": __version__, "activeIstioctl": None}
    lines = [f"getmesh version: {__version__}"]
    if active:
        document["activeIstioctl"] = _entry(catalog, parse(active)) | {"build": active}
        lines.append(f"active istioctl: {active}{_eol(catalog, parse(active))}")
    else:
        lines.append("active istioctl: none; fetch one: getmesh fetch latest")
    if remote:
        found, more = _remote(catalog, root, kubeconfig, context, snapshot)
        document |= found
        lines += more
    if output == "table":
        click.echo("\n".join(lines))
    else:
        print_document(document, output)


def _remote(
    catalog: "Catalog", root: str, kubeconfig: str | None, context: str | None, snapshot: str | None
) -> tuple[dict[str, object], list[str]]:
    from getmesh.cli.clusters import mesh_of

    try:
        mesh = mesh_of(kubeconfig, context, snapshot, root, seconds=10)
    except GetmeshError as error:
        if snapshot is not None:
            raise
        return {"cluster": None, "reason": error.message}, [f"no cluster: {error.message}"]
    for gap in mesh.gaps:
        warn(gap)
    document: dict[str, object] = {
        "cluster": {"kubernetes": mesh.kubernetes or None, "gaps": list(mesh.gaps)},
        "controlPlane": [_entry(catalog, plane.version) | _place(plane) for plane in mesh.control_planes()],
        "dataPlane": [_entry(catalog, found) | {"proxies": count} for found, count in _counts(mesh)],
    }
    return document, _lines(catalog, mesh, root)


def _lines(catalog: "Catalog", mesh: "Mesh", root: str) -> list[str]:
    planes = mesh.control_planes()
    lines = [
        f"control plane version: {plane.version} (pod {plane.pod}.{plane.namespace}, revision {plane.revision})"
        f"{_eol(catalog, plane.version)}"
        for plane in planes
    ]
    if not planes:
        lines.append(f"no running Istio pods in {root}")
    for found, count in _counts(mesh):
        proxies = "1 proxy" if count == 1 else f"{count} proxies"
        lines.append(f"data plane version: {found} ({proxies}){_eol(catalog, found)}")
    return lines


def _counts(mesh: "Mesh") -> "list[tuple[IstioVersion, int]]":
    counts: dict[IstioVersion, int] = {}
    for part in mesh.data_plane():
        counts[part.version] = counts.get(part.version, 0) + 1
    return sorted(counts.items())


def _place(plane: "Found") -> dict[str, object]:
    return {"pod": plane.pod, "namespace": plane.namespace, "revision": plane.revision, "source": plane.source}


def _entry(catalog: "Catalog", found: "IstioVersion") -> dict[str, object]:
    build = catalog.for_version(found)
    return {"version": str(found), "vendor": found.vendor, "eol": build.eol if build else None}


def _eol(catalog: "Catalog", found: "IstioVersion") -> str:
    build = catalog.for_version(found)
    if build is None or not build.eol:
        return ""
    past = build.eol < datetime.now(UTC).date().isoformat()
    return f", end of life {build.eol}" + (" (past)" if past else " (expected)" if build.eol_kind == "expected" else "")
