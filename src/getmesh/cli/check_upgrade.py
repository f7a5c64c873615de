"""``getmesh check-upgrade``: what to do about the versions that run."""

from typing import TYPE_CHECKING

import click

from getmesh.cli.distribution_options import catalog_options, open_catalog, print_document, warn
from getmesh.cli.options import cluster_options, examples, output_option
from getmesh.errors import PartialError, UsageError

if TYPE_CHECKING:
    from getmesh.distributions.advice import Advice
    from getmesh.distributions.running import Mesh

GATES = ("patch", "eol", "skew", "do-not-use", "low", "medium", "high", "critical")


@click.command(
    "check-upgrade",
    epilog=examples(
        "getmesh check-upgrade", "getmesh check-upgrade --fail-on high,eol", "getmesh check-upgrade --running 1.29.4"
    ),
)
@click.option("--running", multiple=True, metavar="V", help="Judge this version instead of a cluster; repeatable.")
@click.option("--kubernetes", metavar="V", default="", help="Kubernetes version, when no cluster is asked.")
@click.option("--fail-on", default="never", metavar="LIST", help=f"Exit 1 on any of: {', '.join(GATES)}; or never.")
@click.option("-i", "--istioNamespace", "root", default="istio-system", show_default=True, help="Where Istio lives.")
@click.option("--strict-partial", is_flag=True, help="Exit 3 when not everything could be looked at.")
@click.option("--snapshot", metavar="FILE", help="Look at a cluster that 'snapshot save' kept.")
@cluster_options
@catalog_options
@output_option("table", "json", "yaml")
def check_upgrade(
    *,
    running: tuple[str, ...],
    kubernetes: str,
    fail_on: str,
    root: str,
    strict_partial: bool,
    snapshot: str | None,
    kubeconfig: str | None,
    context: str | None,
    catalog_url: str,
    refresh: bool,
    output: str,
) -> int:
    """Tell for each running version: patches, security bulletins, end of life, skew, and the next minors.

    A severity of --fail-on means bulletins of that severity or a graver one.
    """
    from datetime import UTC, datetime

    from getmesh.distributions.advice import advise, skew

    gates = _gates(fail_on)
    edition = open_catalog(catalog_url, refresh=refresh)
    mesh = _given(running, kubernetes) if running else _look(root, kubeconfig, context, snapshot)
    running_parts = [(part.component, part.version) for part in mesh.parts]
    advice = advise(edition.catalog, running_parts, mesh.kubernetes, datetime.now(UTC).date())
    lagging = skew(mesh)
    facts_as_of = edition.catalog.facts_as_of
    if output == "table":
        _print(advice, lagging, mesh, facts_as_of)
    else:
        print_document(_document(advice, lagging, mesh, facts_as_of), output)
    if _fails(gates, advice, lagging):
        return 1
    if mesh.gaps and (strict_partial or gates):
        raise PartialError(f"{len(mesh.gaps)} places could not be looked at")
    return 0


def _document(advice: "list[Advice]", lagging: list[str], mesh: "Mesh", facts_as_of: str) -> dict[str, object]:
    import msgspec

    return {
        "schema": "getmesh/upgrade/v1",
        "kubernetes": mesh.kubernetes or None,
        "factsAsOf": facts_as_of,
        "versions": [msgspec.to_builtins(one) | {"severity": one.severity or None} for one in advice],
        "skew": lagging,
        "gaps": list(mesh.gaps),
    }


def _gates(text: str) -> set[str]:
    gates = {word.strip() for word in text.split(",") if word.strip()}
    if gates == {"never"}:
        return set()
    for gate in sorted(gates):
        if gate not in GATES:
            raise UsageError(f"--fail-on: unknown condition {gate!r}", hint=f"Any of: {', '.join(GATES)}; or never.")
    return gates


def _given(running: tuple[str, ...], kubernetes: str) -> "Mesh":
    from getmesh.distributions.running import Found, Mesh
    from getmesh.distributions.versions import parse

    parts = tuple(Found("istiod", parse(text), "", "", "default", "given") for text in running)
    return Mesh(".".join(kubernetes.removeprefix("v").split(".")[:2]), parts, ())


def _look(root: str, kubeconfig: str | None, context: str | None, snapshot: str | None) -> "Mesh":
    from getmesh.cli.clusters import mesh_of

    mesh = mesh_of(kubeconfig, context, snapshot, root, seconds=30)
    for gap in mesh.gaps:
        warn(gap)
    return mesh


def _fails(gates: set[str], advice: "list[Advice]", lagging: list[str]) -> bool:
    from getmesh.distributions.advice import SEVERITIES

    known = {
        "patch": any(one.patch for one in advice),
        "eol": any(one.past_eol for one in advice),
        "skew": bool(lagging),
        "do-not-use": any(one.do_not_use for one in advice),
    }
    worst = min((SEVERITIES.index(one.severity) for one in advice if one.severity), default=len(SEVERITIES))
    for severity in ("low", "medium", "high", "critical"):
        known[severity] = worst <= SEVERITIES.index(severity)
    return any(known[gate] for gate in gates)


def _print(advice: "list[Advice]", lagging: list[str], mesh: "Mesh", facts_as_of: str) -> None:
    if not advice:
        click.echo("no running Istio found")
    for one in advice:
        parts = ", ".join(f"{count} {component}" for component, count in one.counts.items())
        click.echo(f"{one.version} ({one.vendor}; {parts})")
        for line in _lines(one, mesh.kubernetes):
            click.echo(f"  - {line}")
    for line in lagging:
        click.echo(f"skew: {line}")
    click.echo(f"facts as of {facts_as_of}" + (f", Kubernetes {mesh.kubernetes}" if mesh.kubernetes else ""))


def _lines(one: "Advice", kubernetes: str) -> list[str]:
    lines = list(one.notes)
    if one.do_not_use:
        lines.append(f"do not use: withdrawn by {one.do_not_use}")
    for bulletin in one.bulletins:
        cures = ", ".join(bulletin.fixed) or "no release"
        lines.append(f"{bulletin.id} ({bulletin.severity}) concerns it; fixed in {cures}")
    if one.eol:
        lines.append(f"end of life {one.eol}" + (", past" if one.past_eol else ""))
    if one.patch:
        lines.append(f"newer patch: {one.patch}")
    elif one.known:
        lines.append("it is the newest patch of its minor")
    for later in one.next_minors:
        fits = {True: f"fits Kubernetes {kubernetes}", False: f"not tested on Kubernetes {kubernetes}", None: ""}[
            later.fits
        ]
        span = (
            f"Kubernetes {later.kubernetes[0]} to {later.kubernetes[-1]}" if later.kubernetes else "Kubernetes unknown"
        )
        lines.append(f"next minor: {later.build} ({span}{'; ' + fits if fits else ''}; until {later.eol})")
    return lines
