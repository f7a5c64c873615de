"""``getmesh ca rotate``: from one CA to another, stage by stage, without a failed connection."""

from typing import TYPE_CHECKING, Any

import click

from getmesh.cli.ca_input import namespace_option
from getmesh.cli.ca_status import evidence_options
from getmesh.cli.options import cluster_options, examples

if TYPE_CHECKING:
    from getmesh.ca.bundle import Bundle
    from getmesh.ca.rotation import Rotation
    from getmesh.ca.secrets import ClusterWriter
    from getmesh.ca.stages import Standing

_STAGES = ("adopt", "add-root", "switch", "drop-root", "finish")


@click.command(
    epilog=examples(
        "getmesh ca rotate --to new-ca.yaml --plan",
        "getmesh ca rotate --config-file gcp-cas-config.yaml -y",
        "getmesh ca rotate --phase switch -y",
        "getmesh ca rotate --back -y",
    )
)
@click.option("--to", "source", default="", metavar="FILE", help="The new CA: a manifest, folder or PEM text.")
@click.option("--config-file", default="", metavar="FILE", help="Have the new CA issued, as gen-ca would.")
@click.option("--identity", default="", metavar="FILE", help="age identity of an encrypted file.")
@click.option("--passphrase-file", default="", metavar="FILE", help="Passphrase of the root's key.")
@click.option("--plan", is_flag=True, help="Print the stages and what each touches; change nothing.")
@click.option("--phase", type=click.Choice(_STAGES), help="The stage that is meant [default: the next one].")
@click.option("--back", is_flag=True, help="Undo the last stage.")
@click.option("--restart-istiod", is_flag=True, help="Agree that istiod is restarted where a stage needs it.")
@click.option("--accept-unseen", is_flag=True, help="Do not wait for workloads that cannot be looked at.")
@click.option("--keep-type", is_flag=True, help="Write into a Secret of another type.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@evidence_options
@namespace_option
@cluster_options
@click.pass_context
def rotate(ctx: click.Context, /, *, plan: bool, phase: str | None, back: bool, yes: bool, **given: Any) -> None:
    """Take the mesh to another CA, one stage at each call.

    Begin with --to or --config-file; every further call takes the next stage, once what it waits for is seen at every
    workload. It can be left and taken up at any moment.
    """
    from getmesh.ca.keys import guard_process
    from getmesh.ca.stages import Stage
    from getmesh.errors import UsageError

    guard_process()
    rotation, port = _open(ctx, given)
    standing = rotation.standing()
    if standing is None and plan and given["source"]:
        _print_plan(rotation.preview(_new(given)))
        return
    if standing is None:
        if back or not (given["source"] or given["config_file"]):
            raise UsageError("no rotation is under way", hint="Begin one with --to FILE or --config-file FILE.")
        if plan:
            raise UsageError("a plan needs the new CA", hint="Give it with --to FILE.")
        _ask(yes, "Put the new CA beside the present one? The mesh does not see it yet.")
        standing = rotation.begin(_new(given))
        click.echo("the new CA is in Secret cacerts-next")
        _print_plan(standing)
        return
    if plan:
        _print_plan(standing)
        return
    if back:
        _step_back(rotation, standing, port, given, yes=yes)
        return
    _advance(rotation, standing, Stage(phase) if phase else None, port, {**given, "yes": yes})


def _open(ctx: click.Context, given: dict[str, Any]) -> "tuple[Rotation, ClusterWriter]":
    from datetime import UTC, datetime

    from getmesh.ca.istiod import single_rooted
    from getmesh.ca.rotation import Rotation
    from getmesh.cli.ca_input import open_secret
    from getmesh.cli.ca_status import look_around

    now = datetime.now(UTC)
    namespace = given["namespace"]
    secret = open_secret(given["kubeconfig"], given["context"], namespace, keep_type=given["keep_type"])
    port = secret.store.port
    return (
        Rotation(secret, lambda: look_around(ctx, given, now), lambda: single_rooted(port, namespace), now),
        port,
    )


def _new(given: dict[str, Any]) -> "Bundle":
    """Give the new CA: from a file, or issued now."""
    from getmesh.cli.ca_input import load_bundle

    if given["source"]:
        source, identity = given["source"], given["identity"]
        return load_bundle(source, given["kubeconfig"], given["context"], given["namespace"], identity)
    from getmesh.ca.config import read_order
    from getmesh.ca.issuing import Issuing, Options
    from getmesh.ca.providers.choice import open_issuer
    from getmesh.cli.ca_input import load_document, passphrase_reader
    from getmesh.ports.clock import SystemClock

    order = read_order(load_document(given["config_file"]), {})
    file = given["passphrase_file"] or str(order.options.get("passphraseFile") or "")
    issuing = Issuing(order, open_issuer(order, passphrase_reader(file)), None, SystemClock(), Options(force=True))
    return issuing.issue(issuing.preflight()).bundle


def _advance(
    rotation: "Rotation", standing: "Standing", stage: Any, port: "ClusterWriter", given: dict[str, Any]
) -> None:
    from getmesh.ca.stages import TOUCHES

    _ask(given["yes"], f"Stage {stage or standing.next}: {TOUCHES[stage or standing.next]}. Go on?")
    step = rotation.advance(standing, stage, restarts=given["restart_istiod"], unseen=given["accept_unseen"])
    if step is None:
        click.echo(f"stage {stage} is done already; next is {standing.next}")
        return
    click.echo(f"stage {step.stage} is done" + (f"; before: Secret {step.backup}" if step.backup else ""))
    if step.restart:
        _restart(port, given["namespace"])
    after = rotation.standing()
    if after is None:
        click.echo("the rotation is finished")
    else:
        _print_plan(after)


def _step_back(
    rotation: "Rotation", standing: "Standing", port: "ClusterWriter", given: dict[str, Any], *, yes: bool
) -> None:
    _ask(yes, "Undo the last stage?")
    step = rotation.back(standing)
    if not standing.passed:
        click.echo("the rotation is called off; the mesh never saw the new CA")
        return
    click.echo(f"stage {step.stage} is undone" + (f"; before: Secret {step.backup}" if step.backup else ""))
    if step.restart and given["restart_istiod"]:
        _restart(port, given["namespace"])
    elif step.restart:
        click.echo("istiod reads it after a restart: add --restart-istiod, or do it yourself")


def _restart(port: "ClusterWriter", namespace: str) -> None:
    from datetime import UTC, datetime

    from getmesh.ca.istiod import restart

    click.echo(f"restarting: {', '.join(restart(port, namespace, datetime.now(UTC)))}")


def _print_plan(standing: "Standing") -> None:
    from getmesh.ca import pem
    from getmesh.ca.stages import AWAITS, STAGES, TOUCHES

    present, new = standing.present.signer, standing.new.signer
    click.echo(f"from {pem.label(present) if present else '?'} to {pem.label(new) if new else '?'} ({standing.way})")
    for number, stage in enumerate(STAGES[standing.way], 1):
        mark = "done" if stage in standing.passed else "next" if stage is standing.next else ""
        waits = AWAITS[stage]
        waits = "" if standing.way == "same-root" and stage == "switch" else waits
        click.echo(f"{number}. {stage:<10} {mark:<5} {TOUCHES[stage]}" + (f"; waits until {waits}" if waits else ""))


def _ask(yes: bool, question: str) -> None:
    import sys

    from getmesh.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to agree", hint="Add -y to agree.")
    click.confirm(question, abort=True, err=True)
