"""``getmesh ca rotate``: from one CA to another, stage by stage, without a failed connection."""

from typing import TYPE_CHECKING, Any

import click

from getmesh.cli.ca_input import namespace_option, rescue_options
from getmesh.cli.ca_status import evidence_options
from getmesh.cli.options import cluster_options, examples

if TYPE_CHECKING:
    from getmesh.ca.bundle import Bundle
    from getmesh.ca.issuing import Issuing
    from getmesh.ca.istiod import Istiods
    from getmesh.ca.order import Order
    from getmesh.ca.rotation import Rotation, Step
    from getmesh.ca.secrets import SecretStore
    from getmesh.ca.stages import Stage, Standing

_STAGES = ("adopt", "add-root", "switch", "drop-root", "finish")


@click.command(
    epilog=examples(
        "getmesh ca rotate --plan",
        "getmesh ca rotate --to new-ca.yaml --plan",
        "getmesh ca rotate --config-file gcp-cas-config.yaml -y",
        "getmesh ca rotate --phase switch -y",
        "getmesh ca rotate --back --phase switch -y",
    )
)
@click.option("--to", "source", default="", metavar="FILE", help="The new CA: a manifest, folder or PEM text.")
@click.option("--config-file", default="", metavar="FILE", help="Have the new CA issued, as gen-ca would.")
@click.option("--identity", default="", metavar="FILE", help="age identity of an encrypted file.")
@click.option("--passphrase-file", default="", metavar="FILE", help="Passphrase of the root's key.")
@rescue_options
@click.option("--force", is_flag=True, help="Replace a rescue file that is there.")
@click.option("--plan", is_flag=True, help="Print the stages and what each touches; change and issue nothing.")
@click.option("--phase", type=click.Choice(_STAGES), help="The stage that is meant [default: the next, or last, one].")
@click.option("--back", is_flag=True, help="Undo the last stage.")
@click.option("--restart-istiod", is_flag=True, help="Agree that istiod is restarted where a stage needs it.")
@click.option("--accept-unseen", is_flag=True, help="Do not wait for workloads that cannot be looked at.")
@click.option("--keep-type", is_flag=True, help="Write into a Secret of another type.")
@click.option("--recreate", is_flag=True, help="Delete and make anew a Secret that cannot be replaced.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@evidence_options
@namespace_option
@cluster_options
@click.pass_context
def rotate(ctx: click.Context, /, *, plan: bool, phase: str | None, back: bool, yes: bool, **given: Any) -> None:
    """Take the mesh to another CA, one stage at each call.

    Begin with --to or --config-file; every further call takes the next stage, once what it waits for is seen at every
    workload. It can be left and taken up at any moment, and every stage can be undone.
    """
    from getmesh.ca.keys import guard_process
    from getmesh.ca.stages import Stage

    guard_process()
    _demand_used(given)
    rotation, istiods, store = _open(ctx, given)
    standing = rotation.standing()
    wanted = Stage(phase) if phase else None
    if plan:
        _plan(rotation, standing, istiods, given)
    elif given["source"] or given["config_file"]:
        _begin(rotation, standing, istiods, {**given, "yes": yes, "step": back or phase})
    elif standing is None:
        _say_that_there_is_none(phase)
    elif back:
        _step_back(rotation, standing, wanted, store, {**given, "yes": yes})
    else:
        _advance(rotation, standing, wanted, store, {**given, "yes": yes})


def _demand_used(given: dict[str, Any]) -> None:
    from getmesh.errors import UsageError

    if not given["config_file"] and (given["rescue"] or given["recipients"] or given["force"]):
        raise UsageError("--rescue-file, --encrypt-to and --force are for a CA that --config-file has issued")


def _open(ctx: click.Context, given: dict[str, Any]) -> "tuple[Rotation, Istiods, SecretStore]":
    from datetime import UTC, datetime

    from getmesh.ca.istiod import Istiods
    from getmesh.ca.rotation import KEPT, Rotation
    from getmesh.cli.ca_input import open_secret
    from getmesh.cli.ca_status import look_around

    now = datetime.now(UTC)
    namespace = given["namespace"]
    special = {"keep_type": given["keep_type"], "recreate": given["recreate"], "kept": KEPT}
    secret = open_secret(given["kubeconfig"], given["context"], namespace, **special)
    istiods = Istiods(secret.store.port, namespace)
    return Rotation(secret, lambda: look_around(ctx, given, now), istiods, now), istiods, secret.store


def _begin(rotation: "Rotation", standing: "Standing | None", istiods: "Istiods", given: dict[str, Any]) -> None:
    """Begin; called again, as after an interruption, it begins nothing and takes no stage."""
    from getmesh.errors import UsageError

    if given["step"]:
        raise UsageError("--to and --config-file begin a rotation; --phase and --back go on with one")
    if standing is not None and given["config_file"]:
        raise UsageError(
            "a rotation is under way already, so nothing was issued",
            hint="Go on without --config-file, or with --plan.",
        )
    if standing is None:
        _ask(given["yes"], "Put the new CA beside the present one? The mesh does not see it yet.")
        rotation.check()
        if given["config_file"]:
            rotation.rehearse()
    standing = _begin_with_issued(rotation, given) if given["config_file"] else rotation.begin(_load(given))
    _print_plan(standing, istiods, given)
    click.echo("the new CA is in Secret cacerts-next; the next call takes the first stage")


def _begin_with_issued(rotation: "Rotation", given: dict[str, Any]) -> "Standing":
    """Have the new CA issued, and begin with it; what nothing can begin with is kept on request, and logged."""
    from getmesh.cli.distribution_options import warn
    from getmesh.cli.gen_ca import record
    from getmesh.errors import GetmeshError

    order, issuing = _issuing(given)
    ready = issuing.preflight()
    done = issuing.issue(ready)
    for text in dict.fromkeys((*ready.warnings, *done.warnings)):
        warn(text)
    try:
        standing = rotation.begin(done.bundle)
    except GetmeshError as error:
        unwritten = issuing.unwritten(error, done, "getmesh ca rotate --to")
        record(order, done, None, written=False)
        raise unwritten from error
    record(order, done, None)
    return standing


def _say_that_there_is_none(phase: str | None) -> None:
    from getmesh.errors import UsageError

    if phase != _STAGES[-1]:
        raise UsageError(
            "no rotation is under way", hint="Begin one with --to FILE or --config-file FILE; --plan shows the stages."
        )
    click.echo("no rotation is under way, so there is nothing to finish")


def _load(given: dict[str, Any]) -> "Bundle":
    from getmesh.cli.ca_input import load_bundle

    source, identity = given["source"], given["identity"]
    return load_bundle(source, given["kubeconfig"], given["context"], given["namespace"], identity)


def _issuing(given: dict[str, Any]) -> "tuple[Order, Issuing]":
    """Give the order for the new CA, and what carries it out; where gen-ca would put the CA does not matter here."""
    from dataclasses import replace

    from getmesh.ca.config import read_order
    from getmesh.ca.issuing import Issuing
    from getmesh.ca.order import NAMESPACE
    from getmesh.ca.providers.choice import open_issuer
    from getmesh.cli.ca_input import issuing_options, load_document, passphrase_reader
    from getmesh.errors import UsageError
    from getmesh.ports.clock import SystemClock

    order = read_order(load_document(given["config_file"]), {})
    if order.provider == "csr":
        raise UsageError(
            "a request that somebody else signs is no matter of one call",
            hint="Have it done by gen-ca with --secret-file-path FILE, then begin with --to FILE.",
        )
    if order.namespace not in {NAMESPACE, given["namespace"]}:
        raise UsageError(
            f"the configuration is for namespace {order.namespace}, the rotation for {given['namespace']}",
            hint=f"Add -n {order.namespace}, or change the file.",
        )
    order = replace(order, namespace=given["namespace"], file="", to_secret=True)
    file = given["passphrase_file"] or str(order.options.get("passphraseFile") or "")
    issuer = open_issuer(order, passphrase_reader(file))
    return order, Issuing(order, issuer, None, SystemClock(), issuing_options(given))


def _plan(rotation: "Rotation", standing: "Standing | None", istiods: "Istiods", given: dict[str, Any]) -> None:
    from getmesh.ca.plan import Known, known, look, plans
    from getmesh.cli.ca_rotate_views import print_plans, print_present

    if standing is not None:
        _print_plan(standing, istiods, given)
        return
    new = Known()
    if given["source"]:
        loaded = _load(given)
        rotation.preview(loaded)
        new = known(loaded)
    elif given["config_file"]:
        new = Known(None, _issuing(given)[1].preflight().terms.roots)
    present, plugged_in = rotation.present()
    around = look(istiods, given["namespace"])
    print_present(present, new)
    print_plans(plans(present, new, around, plugged_in=plugged_in), around)


def _advance(
    rotation: "Rotation", standing: "Standing", wanted: "Stage | None", store: "SecretStore", given: dict[str, Any]
) -> None:
    from getmesh.ca.istiod import Istiods

    stage = wanted or standing.next
    _ask(given["yes"], f"Take stage {stage}? 'getmesh ca rotate --plan' says what it touches.")
    step = rotation.advance(standing, wanted, restarts=given["restart_istiod"], unseen=given["accept_unseen"])
    if step is None:
        click.echo(f"stage {wanted} is done already; next is {standing.next}")
        return
    _say(step, f"stage {step.stage} is done", store)
    after = rotation.standing()
    if after is None:
        click.echo("the rotation is finished")
        _say_what_stays(standing)
    else:
        _print_plan(after, Istiods(store.port, store.namespace), given)


def _step_back(
    rotation: "Rotation", standing: "Standing", wanted: "Stage | None", store: "SecretStore", given: dict[str, Any]
) -> None:
    restarts, unseen = given["restart_istiod"], given["accept_unseen"]
    if wanted is None and not standing.passed:
        _ask(given["yes"], "Call the rotation off? The mesh has its old CA; the new one's Secret is removed.")
        step = rotation.call_off(restarts=restarts)
        if step.restarted:
            click.echo(f"restarting: {', '.join(step.restarted)}")
        click.echo("the rotation is called off; the mesh has the CA that it had before")
        return
    _ask(given["yes"], f"Undo stage {wanted or standing.passed[-1]}?")
    undone = rotation.back(standing, wanted, restarts=restarts, unseen=unseen)
    if undone is None:
        click.echo(f"stage {wanted} is not taken, so there is nothing to undo")
    else:
        _say(undone, f"stage {undone.stage} is undone", store)


def _say(step: "Step", done: str, store: "SecretStore") -> None:
    """Tell what a step did: to the user, and to the cluster's diary."""
    from datetime import UTC, datetime

    from getmesh.ca.events import announce_step

    if step.stage is None:
        click.echo("the last step wanted a restart that was not made; run this again when istiod is up")
    else:
        click.echo(done + (f"; before: Secret {step.backup}" if step.backup else ""))
    if step.restarted:
        click.echo(f"restarting: {', '.join(step.restarted)}")
    announce_step(store, done if step.stage else "a late restart", step, datetime.now(UTC))


def _say_what_stays(standing: "Standing") -> None:
    from getmesh.ca.stages import Way

    if standing.way is Way.SELF_SIGNED:
        click.echo("Secret istio-ca-secret stays, with the old CA's key; delete it when nobody wants to go back")


def _print_plan(standing: "Standing", istiods: "Istiods", given: dict[str, Any]) -> None:
    from getmesh.ca.plan import known, look, plan_of
    from getmesh.cli.ca_rotate_views import print_plans, print_present

    print_present(standing.present, known(standing.new))
    around = look(istiods, given["namespace"])
    print_plans([plan_of(standing, around)], around)


def _ask(yes: bool, question: str) -> None:
    import sys

    from getmesh.errors import UsageError

    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to agree", hint="Add -y to agree.")
    click.confirm(question, abort=True, err=True)
