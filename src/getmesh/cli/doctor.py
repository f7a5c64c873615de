"""``getmesh doctor``: what may stand in the way here, each with a cure."""

import os
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from getmesh.cli.distribution_options import home, print_document
from getmesh.cli.options import cluster_options, examples, output_option
from getmesh.errors import GetmeshError

if TYPE_CHECKING:
    from getmesh.distributions.health import Finding


@click.command(epilog=examples("getmesh doctor", "getmesh doctor --network=false -o json"))
@click.option(
    "--network", type=click.BOOL, default=True, show_default=True, help="Ask release hosts and the cluster too."
)
@click.option(
    "--catalog-url", metavar="URL", envvar="GETMESH_CATALOG_URL", default="", help="Publisher of the catalog."
)
@click.option("--rbac", is_flag=True, help="Print the roles that reading a cluster needs, and do nothing else.")
@click.option("-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="With --rbac: these alone.")
@cluster_options
@output_option("table", "json", "yaml")
def doctor(
    network: bool,
    catalog_url: str,
    rbac: bool,
    namespaces: tuple[str, ...],
    kubeconfig: str | None,
    context: str | None,
    output: str,
) -> int:
    """Look at home, builds, catalog, network, cluster and rights; name a cure for what is wrong.

    Exit code 1 when something does not work.
    """
    if rbac:
        return _print_roles(namespaces, output)
    from getmesh.distributions import health
    from getmesh.distributions.editions import load
    from getmesh.distributions.passthrough import working_folder

    place = home()
    edition = load(place)
    found = [
        *health.home_findings(place),
        *health.build_findings(place),
        *health.catalog_findings(edition, catalog_url, time.time()),
        *health.setting_findings(place, os.environ, working_folder()),
    ]
    if network and os.environ.get("GETMESH_OFFLINE") != "1":
        sources = [url for flavor in edition.catalog.flavors for url in flavor.sources]
        hosts = dict.fromkeys(urlsplit(url).netloc for url in (*sources, *catalog_url.split()))
        found += [_host(name) for name in hosts if name]
        found += _cluster(kubeconfig, context)
    if output == "table":
        for finding in found:
            mark = {"ok": "ok     ", "warn": "warning", "fail": "failed "}[finding.state]
            click.echo(
                f"{mark}  {finding.about}: {finding.text}" + (f"\n           {finding.cure}" if finding.cure else "")
            )
    else:
        print_document({"schema": "getmesh/doctor/v1", "findings": [finding._asdict() for finding in found]}, output)
    return 1 if any(finding.state == "fail" for finding in found) else 0


def _print_roles(namespaces: tuple[str, ...], output: str) -> int:
    """Print what to give to 'kubectl apply -f -'."""
    import yaml

    from getmesh.cli.rbac import roles

    found = roles(namespaces)
    if output == "json":
        print_document({"apiVersion": "v1", "kind": "List", "items": found}, output)
    else:
        click.echo(yaml.safe_dump_all(found, sort_keys=False), nl=False)
    return 0


def _host(name: str) -> "Finding":
    """Look whether a release host answers at all; any status will do."""
    from getmesh.distributions.health import Finding
    from getmesh.ports.http import Http, StatusError

    try:
        with Http(os.environ, connect_seconds=5, stall_seconds=5).get(f"https://{name}/"):
            pass
    except StatusError:
        pass
    except GetmeshError as error:
        return Finding("warn", "network", error.message, error.hint)
    return Finding("ok", "network", f"{name} answers")


def _cluster(kubeconfig: str | None, context: str | None) -> "list[Finding]":
    from getmesh.cli.clusters import open_cluster
    from getmesh.distributions.health import Finding
    from getmesh.distributions.running import look

    try:
        cluster = open_cluster(kubeconfig, context, seconds=5)
        mesh = look(cluster)
    except GetmeshError as error:
        return [Finding("warn", "cluster", error.message, error.hint)]
    planes = ", ".join(f"{plane.version} ({plane.revision})" for plane in mesh.control_planes()) or "none"
    found = [
        Finding(
            "ok", "cluster", f"{cluster.server}, Kubernetes {mesh.kubernetes or 'unknown'}, control planes: {planes}"
        )
    ]
    cure = "Ask for the right to list pods and namespaces."
    return found + [Finding("warn", "rights", gap, cure) for gap in mesh.gaps]
