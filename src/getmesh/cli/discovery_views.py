"""``getmesh discovery endpoints|clusters|all|namespaces``: what proxies are sent."""

from typing import TYPE_CHECKING, Any

import click

from getmesh.cli.discovery_input import (
    chosen_proxy,
    emit,
    exit_code,
    mesh_options,
    proxy_options,
    read_mesh,
    tell_of_settings,
)
from getmesh.cli.discovery_proposal import proposal_options, read_proposal
from getmesh.cli.options import examples, output_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from getmesh.report.discovery_views import Shown


@click.command(
    epilog=examples(
        "getmesh discovery endpoints deploy/cart.shop",
        "getmesh discovery endpoints --proxy sidecar --namespace storefront --offline -f shop.yaml -o json",
    )
)
@proxy_options
@proposal_options
@mesh_options
@click.option("--address", default="", metavar="IP", help="Only endpoints of this address.")
@click.option("--port", type=int, default=0, metavar="PORT", help="Only endpoints of this port.")
@click.option("--cluster", default="", metavar="NAME", help="Only endpoints of this cluster.")
@click.option("--status", default="", metavar="HEALTH", help="Only endpoints of this health.")
@output_option("table", "json", "yaml")
def endpoints(**given: Any) -> int:
    """Show a proxy's endpoints as 'istioctl proxy-config endpoints' would, computed from the configuration.

    WORKLOAD is POD.NS, deploy/NAME.NS, or TYPE/NAME with -n NS. Selectors, labels and objects that are named beside it
    are laid over the mesh first.
    """
    return _show(given, ("address", "port", "cluster", "status"), "endpoints")


@click.command(
    epilog=examples(
        "getmesh discovery clusters deploy/cart.shop",
        "getmesh discovery clusters --proxy router --namespace ingress --offline -f shop.yaml --subset v1",
    )
)
@proxy_options
@proposal_options
@mesh_options
@click.option("--fqdn", default="", metavar="TEXT", help="Only clusters with this in their name.")
@click.option("--port", type=int, default=0, metavar="PORT", help="Only clusters of this port.")
@click.option("--direction", default="", metavar="DIR", help="Only inbound or outbound clusters.")
@click.option("--subset", default="", metavar="NAME", help="Only clusters with this subset in their name.")
@output_option("table", "json", "yaml")
def clusters(**given: Any) -> int:
    """Show a proxy's clusters as 'istioctl proxy-config clusters' would, computed from the configuration.

    WORKLOAD is POD.NS, deploy/NAME.NS, or TYPE/NAME with -n NS. Selectors, labels and objects that are named beside it
    are laid over the mesh first.
    """
    return _show(given, ("fqdn", "port", "direction", "subset"), "clusters")


@click.command(name="all", epilog=examples("getmesh discovery all --offline -f shop.yaml -o json"))
@mesh_options
@click.option("-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Only proxies of these namespaces.")
@output_option("table", "json", "yaml")
def all_(**given: Any) -> int:
    """Show what every proxy is sent: one row a proxy, or everything as JSON."""
    from getmesh.report.columns import table
    from getmesh.report.discovery_views import document, shown

    mesh, simulation = read_mesh(given)
    proxies = [
        item for item in simulation.proxies() if not given["namespaces"] or item.namespace in given["namespaces"]
    ]
    views = ((simulation.istiod_of(proxy), proxy) for proxy in proxies)
    held = (shown(istiod, istiod.view(proxy)) for istiod, proxy in views)
    if given["output"] != "table":
        _emit_each((document(what) for what in held), given["output"])
        return exit_code(mesh)
    head = ("PROXY", "TYPE", "SIDECAR", "SERVICES", "CLUSTERS", "ENDPOINTS", "NOTES")
    click.echo(table(head, [_summary(what) for what in held]), nl=False)
    return exit_code(mesh)


@click.command(epilog=examples("getmesh discovery namespaces --offline -f shop.yaml"))
@mesh_options
@click.option("--revision", default="", metavar="REV", help="Of the istiod of this revision.")
@output_option("table", "json", "yaml")
def namespaces(**given: Any) -> int:
    """Show which namespaces istiod looks at, and by which discovery selector."""
    from getmesh.discovery.namespaces import namespace_states
    from getmesh.report.discovery_namespaces import namespace_documents, namespace_table

    mesh, simulation = read_mesh(given)
    istiod = simulation.istiod(simulation.planes.of(given["revision"]))
    states = namespace_states(istiod)
    if given["output"] == "table":
        click.echo(namespace_table(states), nl=False)
        tell_of_settings(mesh.snapshot)
    else:
        emit({"schema": "getmesh/discovery-namespaces/v1", "namespaces": namespace_documents(states)}, given["output"])
    return exit_code(mesh)


def _show(given: dict[str, Any], filters: tuple[str, ...], what: str) -> int:
    from getmesh.discovery.proposal import apply
    from getmesh.discovery.simulation import Simulation
    from getmesh.report.discovery_views import Filter, cluster_table, document, endpoint_table, shown

    proposal = read_proposal(given, None)
    mesh, simulation = read_mesh(given)
    if not proposal.empty:
        simulation = Simulation(apply(mesh.snapshot, proposal), simulation.remotes)
    proxy = chosen_proxy(simulation, given)
    istiod = simulation.istiod_of(proxy)
    held = shown(istiod, istiod.view(proxy), Filter(**{name: given[name] for name in filters}))
    if given["output"] == "table":
        click.echo((endpoint_table if what == "endpoints" else cluster_table)(held), nl=False)
        for note in held.notes:
            click.echo(f"note: {note}", err=True)
    else:
        emit(document(held), given["output"])
    return exit_code(mesh)


def _emit_each(values: "Iterable[Any]", output: str) -> None:
    """Write a list item by item, since all views of a large mesh together are larger than memory."""
    if output == "json":
        import msgspec

        opening = "[\n"
        for value in values:
            click.echo(opening + msgspec.json.format(msgspec.json.encode(value), indent=2).decode(), nl=False)
            opening = ",\n"
        click.echo("[]" if opening == "[\n" else "\n]")
        return
    import yaml

    for value in values:
        click.echo(yaml.safe_dump([value], sort_keys=False, allow_unicode=True), nl=False)


def _summary(what: "Shown") -> tuple[str, ...]:
    view = what.view
    sidecar = view.scope.sidecar
    return (
        view.proxy.id,
        view.proxy.type,
        f"{sidecar.namespace}/{sidecar.name}" if sidecar else "-",
        str(len(view.scope.services)),
        str(len(what.clusters)),
        str(len(what.rows)),
        str(len(what.notes)) if what.notes else "-",
    )
