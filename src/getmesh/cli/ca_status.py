"""``getmesh ca status``: issuer, chain, ends, and who still uses the old CA."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from getmesh.cli.ca_input import namespace_option
from getmesh.cli.options import cluster_options, examples, output_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from getmesh.ca.status import Status
    from getmesh.ca.workloads import Proxy, Seen

PARTIAL = 3


def evidence_options(function: "Callable[..., Any]") -> "Callable[..., Any]":
    """Add how workloads are looked at."""
    for option in reversed(
        (
            click.option(
                "--through",
                type=click.Choice(("auto", "api", "istioctl", "none")),
                default="auto",
                show_default=True,
                help="How to reach proxies; auto: as 'api', and by istioctl where the API refuses.",
            ),
            click.option("--dump", "dumps", multiple=True, metavar="[NAME=]FILE", help="A proxy's dump, from a file."),
            click.option("--workloads-in", "namespaces", multiple=True, metavar="NS", help="Look here only."),
            click.option(
                "--istiod",
                default="pods",
                show_default=True,
                metavar="pods|HOST:PORT|none",
                help="Where to see what istiod serves; pods: in those of Istio's namespace.",
            ),
        )
    ):
        function = option(function)
    return function


@click.command(
    epilog=examples(
        "getmesh ca status",
        "getmesh ca status --warn-days 45 -o json",
        "getmesh ca status --through none --dump cart=cart.json",
        "getmesh ca status --prometheus /var/lib/node_exporter/getmesh.prom",
    )
)
@click.option("--warn-days", type=float, help="Days before an end that count [default: 30, or a third of the life].")
@click.option("--without-secret", is_flag=True, help="Read no key: take what istiod serves for the CA.")
@click.option("--prometheus", type=click.Path(path_type=Path), metavar="FILE", help="Write metrics there too.")
@evidence_options
@namespace_option
@cluster_options
@output_option("table", "json", "yaml")
@click.pass_context
def status(
    ctx: click.Context, /, *, warn_days: float | None, prometheus: Path | None, output: str, **where: Any
) -> int:
    """Show the mesh's CA, and who uses it.

    Exit code 1: something ends soon, or somebody uses another CA or other roots; 3: not everything could be seen.
    """
    from datetime import UTC, datetime

    from getmesh.ca.keys import guard_process
    from getmesh.ca.metrics import render
    from getmesh.ports.disk import write_atomically

    guard_process()
    now = datetime.now(UTC)
    found = look_around(ctx, where, now)
    faults = found.faults(now, warn_days)
    if prometheus is not None:
        write_atomically(prometheus, render(found).encode())
    _show(found, faults, now, output)
    return 1 if faults else PARTIAL if found.gaps else 0


def look_around(ctx: click.Context, where: dict[str, Any], now: "datetime") -> "Status":
    """Collect the status that the options ask for."""
    from getmesh.ca.survey import Scope, survey
    from getmesh.ca.workloads import either, through_api
    from getmesh.cli.ca_input import open_port

    port = open_port(where["kubeconfig"], where["context"])
    fetch = None
    if where["through"] == "api":
        fetch = through_api(port)
    elif where["through"] == "istioctl":
        fetch = _through_istioctl(ctx, where)
    elif where["through"] == "auto" and not where["dumps"]:
        fetch = either(through_api(port), _through_istioctl(ctx, where))
    secret = not where.get("without_secret")
    scope = Scope(where["namespaces"], fetch, _dumps(where["dumps"]), where["istiod"], secret)
    return survey(port, where["namespace"], scope, now)


def _dumps(given: tuple[str, ...]) -> "list[Seen]":
    from getmesh.ca.files import read_file
    from getmesh.ca.workloads import pair, read_files

    named = [pair(text) for text in given]
    return read_files((name, read_file(file, "dump")) for name, file in named)


def _through_istioctl(ctx: click.Context, where: dict[str, Any]) -> "Callable[[Proxy], bytes]":
    """Give a way to proxies through the istioctl that a call would use here."""
    import os

    from getmesh.cli.resolving import decide
    from getmesh.errors import ClusterError
    from getmesh.ports.processes import Processes

    arguments = [part for key in ("kubeconfig", "context") if where[key] for part in (f"--{key}", where[key])]
    chosen: list[str] = []

    def fetch(proxy: "Proxy") -> bytes:
        if not chosen:
            flag = ctx.find_root().params.get("istio_version")
            chosen.append(decide(os.environ, ["proxy-status", *arguments], flag).path)
        name = f"{proxy.pod}.{proxy.namespace}"
        asked = ["ztunnel-config", "certificates", name] if proxy.ztunnel else ["proxy-config", "secret", name]
        done = Processes(os.environ).run([chosen[0], *asked, "-o", "json", *arguments], seconds=60)
        if done.code:
            lines = done.errors.strip().splitlines() or [f"istioctl ended with {done.code}"]
            raise ClusterError(lines[-1])
        return done.output.encode()

    return fetch


def _show(found: "Status", faults: list[str], now: "datetime", output: str) -> None:
    from getmesh.ca.status import SERVED
    from getmesh.cli.ca_views import certificates_table, status_data, status_tables
    from getmesh.cli.distribution_options import print_document, warn

    document = status_data(found, faults, now)
    if output != "table":
        print_document(document, output)
        return
    source = {"": "no Secret", SERVED: "as istiod serves it"}.get(found.source, f"Secret {found.source}")
    click.echo(f"CA: {source}" + ("" if found.bundle else "; there is none that could be read"))
    if document["certificates"]:
        click.echo(certificates_table(document["certificates"]), nl=False)
    click.echo(status_tables(found), nl=False)
    for text in faults:
        click.echo(f"! {text}")
    for gap in found.gaps[:20]:
        warn(f"not seen: {gap}")
