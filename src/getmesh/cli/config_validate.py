"""``getmesh config-validate``: find faults in Istio configuration."""

from typing import TYPE_CHECKING, Any

import click

from getmesh.cli.input import InputOptions, MeshInput, load
from getmesh.cli.options import cluster_options, examples, input_options
from getmesh.errors import UsageError

if TYPE_CHECKING:
    from getmesh.analysis.catalogue import Rule
    from getmesh.analysis.runner import Result
    from getmesh.cli.verdict import Request

FORMATS = ("table", "json", "yaml", "sarif", "junit", "github", "markdown", "html", "name")
_PASSES = 5
GATES = ("error", "warning", "info", "never")


@click.command(
    name="config-validate",
    epilog=examples(
        "getmesh config-validate --offline shop.yaml",
        "getmesh config-validate --offline . --fail-on warning -o sarif --output-file getmesh.sarif",
        "getmesh config-validate --offline shop.yaml --select IST,KIA11 --ignore IST0102",
        "cat shop.yaml | getmesh config-validate --offline -",
        "getmesh config-validate --offline shop.yaml --fix --diff",
    ),
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Report only these namespaces.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Report every namespace (the default).")
@input_options
@cluster_options
@click.option("--select", multiple=True, metavar="CODES", help="Run only these codes, or beginnings of codes.")
@click.option("--ignore", multiple=True, metavar="CODES", help="Leave these codes out.")
@click.option("--suppress", multiple=True, metavar="CODE=RESOURCE", help='As istioctl: "IST0102=Namespace frod".')
@click.option("--fail-on", type=click.Choice(GATES), help="Exit 1 from this severity on.  [default: error]")
@click.option("--baseline", metavar="FILE", help="Findings in this JSON report are known and not reported.")
@click.option("--strict-partial", is_flag=True, help="Exit 3 when something could not be looked at.")
@click.option("--dedupe", type=click.Choice(("on", "off")), default="on", show_default=True, help="Join twin codes.")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="Output format.")
@click.option("--output-file", metavar="FILE", help="Write the report there, atomically, instead of to stdout.")
@click.option("--all-findings", is_flag=True, help="With PATH over a cluster: also what the files do not touch.")
@click.option("--diff-against-cluster", is_flag=True, help="Show what the files break, mend and leave as it is.")
@click.option("--cluster-seconds", type=float, default=120, show_default=True, help="Time for reading the cluster.")
@click.option("--follow-remote-secrets", is_flag=True, help="Judge the clusters too whose Secrets istiod has.")
@click.option("-v", "--verbose", is_flag=True, help="Say what the cluster's API was asked.")
@click.option("--fix", is_flag=True, help="Mend in the files what needs no judgement, then judge again.")
@click.option("--diff", is_flag=True, help="With --fix: show what would be mended, change nothing.")
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colour the table.")
@click.pass_context
def config_validate(ctx: click.Context, /, **given: Any) -> int:
    """Find faults in Istio configuration, with the codes of istioctl (IST), Kiali (KIA) and our own (GM).

    Without PATH the cluster is read; files, folders and globs ('-' is standard input) are judged as if applied to
    it; with --offline the PATHs alone are the mesh. Of several clusters (--context A,B or --snapshot A,B) each is
    judged, then they are compared.
    """
    from getmesh.cli.verdict import Request, conclude

    if given["diff"] and not given["fix"]:
        raise UsageError("--diff shows what --fix would do", hint="Add --fix.")
    request = Request.of(given)
    options = input_of(given, request)
    del ctx
    if options.follow or "," in f"{options.context}{options.snapshot}":
        return several(options, request, given)
    mesh = load(options)
    if given["fix"]:
        mesh, changed = mended(options, request, mesh, diff=given["diff"])
        if given["diff"]:
            return int(changed > 0)
    rules, result = judge(mesh, request)
    if not (mesh.base or given["diff_against_cluster"]):
        return conclude(mesh, request, rules, result)
    from getmesh.cli.overlay import difference, narrowed

    if given["diff_against_cluster"]:
        result, found = difference(mesh, request, rules, result)
        return conclude(mesh, request, rules, result, found)
    return conclude(mesh, request, rules, narrowed(mesh, rules, result, everything=given["all_findings"]))


def several(options: InputOptions, request: "Request", given: dict[str, Any]) -> int:
    """Judge several clusters.

    Raises:
        UsageError: what is asked for makes sense for one cluster only.
    """
    from getmesh.cli.several import validate

    if given["fix"] or given["diff_against_cluster"]:
        raise UsageError("--fix and --diff-against-cluster look at one cluster", hint="Name one cluster.")
    return validate(options, request, everything=given["all_findings"])


def input_of(given: dict[str, Any], request: "Request") -> InputOptions:
    """Give what the options say about where the mesh is."""
    return InputOptions(
        paths=given["paths"],
        offline=given["offline"],
        snapshot=given["snapshot"],
        mesh_config=given["mesh_config"],
        mesh_networks=given["mesh_networks"],
        cluster_domain=given["cluster_domain"],
        istio_version=given["istio_version"] or request.project.istio_version or None,
        kubeconfig=given["kubeconfig"],
        context=given["context"],
        namespaces=given["namespaces"],
        kinds=needed_kinds(request),
        seconds=given["cluster_seconds"],
        verbose=given["verbose"],
        follow=given["follow_remote_secrets"],
        precheck=wants_precheck(request),
        kiali=request.project.kiali,
    )


def mended(options: InputOptions, request: "Request", mesh: MeshInput, *, diff: bool) -> tuple[MeshInput, int]:
    """Mend the files, or show how; give what they hold afterwards, and how many mends were made."""
    from getmesh.cli.fix import mend_files, tell
    from getmesh.cli.verdict import filtered

    total = left = 0
    for _ in range(_PASSES):  # a mended key may uncover what stands below it
        _, result = judge(mesh, request)
        findings = [placed.finding for placed in filtered(mesh, request, result).kept]
        made, left = mend_files(findings, mesh.reading, diff=diff)
        total += made
        if not made or diff or "-" in options.paths:
            break
        mesh = load(options)
    tell(total, left, diff=diff)
    return mesh, total


def needed_kinds(request: "Request") -> frozenset[str]:
    """Give the kinds that the chosen rules read, and those that tell from which version an upgrade starts."""
    from getmesh.analysis.catalogue import rules as load_rules

    more = {"Deployment"} if wants_precheck(request) else set()
    return frozenset().union(more, *(rule.meta.kinds for rule in load_rules(request.codes)))


def wants_precheck(request: "Request") -> bool:
    """Whether a rule that is otherwise left to the check before an installation was asked for by name."""
    from getmesh.analysis.catalogue import rules as load_rules

    return any("precheck" in rule.meta.tags for rule in load_rules(request.codes & request.named))


def judge(mesh: MeshInput, request: "Request") -> "tuple[tuple[Rule, ...], Result]":
    """Run the chosen rules over the mesh."""
    from getmesh.analysis.catalogue import rules as load_rules
    from getmesh.analysis.runner import run

    rules = load_rules(request.codes)
    return rules, run(mesh.snapshot, rules)
