"""``getmesh discovery check|plan``: what a selection breaks, and which one is enough."""

from typing import TYPE_CHECKING, Any

import click

from getmesh.cli.discovery_input import emit, exit_code, mesh_options, pairs, read_mesh, tell_of_settings
from getmesh.cli.discovery_proposal import proposal_options, read_proposal
from getmesh.cli.options import examples, output_option

if TYPE_CHECKING:
    from getmesh.analysis.catalogue import Rule
    from getmesh.analysis.runner import Result
    from getmesh.model.snapshot import Snapshot

FAMILY = "GM02"
REFUSALS = frozenset({"GM0021", "GM0023"})
"""What makes istiod discard its mesh configuration, and with it every selector."""
GATES = ("error", "warning", "never")


@click.command(
    epilog=examples(
        "getmesh discovery check --offline -f shop.yaml",
        "getmesh discovery check --offline -f shop.yaml --selectors selectors.yaml",
    )
)
@proposal_options
@mesh_options
@click.option("--fail-on", type=click.Choice(GATES), default="warning", show_default=True, help="Exit 1 from there on.")
@output_option("table", "json", "yaml")
def check(**given: Any) -> int:
    """Say what the present selection of namespaces breaks, or a proposed one; exit 1 if it breaks something.

    That istiod would discard selectors or its whole mesh configuration is said too, and which Sidecars it passes over
    for others. --mesh-config is the mesh configuration that would come.
    """
    from getmesh.analysis import Severity
    from getmesh.discovery.proposal import apply
    from getmesh.model.paths import path_text
    from getmesh.report.columns import clean, table

    proposal = read_proposal(given, given["mesh_config"])
    mesh, _ = read_mesh({**given, "mesh_config": None}, judged_kinds())
    proposed = apply(mesh.snapshot, proposal)
    tell_of_settings(proposed)
    result = judge(proposed)
    if given["output"] == "table":
        head = ("CODE", "SEVERITY", "RESOURCE", "WHAT BREAKS")
        rows = [
            (item.meta.code, item.severity.value, f"{item.object.kind} {item.object.full_name}", clean(item.message))
            for item in result.findings
        ]
        click.echo(table(head, rows) if rows else "nothing that we know of breaks\n", nl=False)
    else:
        findings = [
            {
                "code": item.meta.code,
                "severity": item.severity.value,
                "kind": item.object.kind,
                "namespace": item.object.namespace,
                "name": item.object.name,
                "path": path_text(item.path),
                "message": item.message,
            }
            for item in result.findings
        ]
        emit({"schema": "getmesh/discovery-check/v1", "findings": findings}, given["output"])
    gate = {"error": Severity.ERROR.rank, "warning": Severity.WARNING.rank, "never": -1}[given["fail_on"]]
    broken = any(item.severity.rank <= gate for item in result.findings)
    return exit_code(mesh, 1 if broken else 0)


@click.command(
    epilog=examples(
        "getmesh discovery plan --offline -f shop.yaml",
        "getmesh discovery plan --offline -f shop.yaml --label-with mesh=on --keep monitoring -o yaml",
    )
)
@mesh_options
@click.option("--keep", multiple=True, metavar="NS", help="Keep this namespace whatever configuration says.")
@click.option("--label-with", metavar="K=V", help="Label to select by.  [default: a fitting one, or our own]")
@output_option("table", "json", "yaml")
def plan(**given: Any) -> int:
    """Plan the smallest selection of namespaces that breaks nothing, from the configuration alone.

    -o yaml writes selectors, labels and proposed Sidecars as manifests. Nothing is ever applied.
    """
    from getmesh.discovery.difference import compare
    from getmesh.discovery.plan import make_plan, sidecar_proposals
    from getmesh.discovery.proposal import apply
    from getmesh.discovery.simulation import Simulation
    from getmesh.errors import UsageError
    from getmesh.report.discovery_plan import document, manifests, render

    label = None
    if given["label_with"]:
        held = list(pairs(given["label_with"], "--label-with").items())
        if len(held) != 1:
            raise UsageError("--label-with takes one label", hint="Write it as key=value.")
        label = held[0]
    mesh, simulation = read_mesh(given, judged_kinds())
    tell_of_settings(mesh.snapshot)
    made = make_plan(simulation, keep=given["keep"], label=label)
    after = apply(mesh.snapshot, made.proposal)
    saving = compare(simulation, Simulation(after, simulation.remotes), forced=True)
    breaks = [
        f"{item.meta.code} {item.object.kind} {item.object.full_name}: {item.message}" for item in judge(after).findings
    ]
    sidecars = sidecar_proposals(simulation, made.needed)
    if given["output"] == "table":
        return emit(render(made, saving, breaks, sidecars), "text") or exit_code(mesh)
    if given["output"] == "json":
        return emit(document(made, saving, breaks, sidecars), "json") or exit_code(mesh)
    import yaml

    parts = (
        f"# {comment}\n{yaml.safe_dump(manifest, sort_keys=False)}" for comment, manifest in manifests(made, sidecars)
    )
    return emit("---\n".join(parts), "text") or exit_code(mesh)


def judged_kinds() -> frozenset[str]:
    """Give the kinds that the rules about discovery read."""
    return frozenset[str]().union(*(rule.meta.kinds for rule in discovery_rules()))


def discovery_rules() -> "tuple[Rule, ...]":
    """Load the rules about discovery."""
    from getmesh.analysis.catalogue import modules, rules

    return rules(REFUSALS.union(code for code in modules() if code.startswith(FAMILY)))


def judge(snapshot: "Snapshot") -> "Result":
    """Run the rules about discovery."""
    from getmesh.analysis.runner import run

    return run(snapshot, discovery_rules())
