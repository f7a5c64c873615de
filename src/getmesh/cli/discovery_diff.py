"""``getmesh discovery diff``: before and after a change that nobody has made yet."""

from typing import Any

import click

from getmesh.cli.discovery_input import emit, exit_code, mesh_options, read_mesh, tell_of_settings
from getmesh.cli.discovery_proposal import proposal_options, read_proposal
from getmesh.cli.options import examples, output_option


@click.command(
    epilog=examples(
        "getmesh discovery diff --offline -f shop.yaml --selectors selectors.yaml",
        "getmesh discovery diff --offline -f shop.yaml --label storefront=env=test",
        "getmesh discovery diff --sidecar sidecar.yaml -o json",
    )
)
@proposal_options
@mesh_options
@click.option("--by", type=click.Choice(("auto", "proxy", "namespace")), default="auto", help="Rows of the table.")
@output_option("table", "json", "yaml", "html")
@click.option("--output-file", metavar="FILE", help="Write the report there instead of to stdout.")
def diff(**given: Any) -> int:
    """Show what a change would do to every proxy: clusters, endpoints, listeners, routes, bytes, names that vanish.

    Numbers are those that istiod sends. Bytes are estimates of the resources alone, within a tenth of what an istiod
    without special settings sends; tracing, telemetry, policies, extensions and EnvoyFilters are not counted.

    Here --mesh-config is the mesh configuration that would come; the present one is taken from the input. Files laid
    over a cluster or a snapshot are a change by themselves.
    """
    from getmesh.discovery.difference import compare
    from getmesh.discovery.notes import UNCOUNTED, uncounted
    from getmesh.discovery.proposal import apply
    from getmesh.discovery.simulation import Simulation
    from getmesh.errors import UsageError
    from getmesh.report.discovery_diff import document, render

    proposal = read_proposal(given, given["mesh_config"])
    mesh, now = read_mesh({**given, "mesh_config": None}, frozenset(UNCOUNTED))
    if proposal.empty and mesh.base is None:
        raise UsageError(
            "nothing would change", hint="Add --selectors, --label, --sidecar, --mesh-config, --apply or --delete."
        )
    before = now if mesh.base is None else Simulation(mesh.base, now.remotes)
    after = Simulation(apply(mesh.snapshot, proposal), now.remotes)
    difference = compare(before, after, forced=proposal.forced)
    tell_of_settings(after.snapshot)
    for note in dict.fromkeys(note for plane in after.planes.all for note in uncounted(after.istiod(plane))):
        click.echo(f"note: {note}", err=True)
    if given["output"] == "table":
        text = render(difference, by=given["by"])
    elif given["output"] == "html":
        from getmesh.report.discovery_html import render_html

        text = render_html(difference)
    else:
        return emit(document(difference), given["output"], given["output_file"]) or exit_code(mesh)
    return emit(text, "text", given["output_file"]) or exit_code(mesh)
