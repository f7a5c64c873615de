"""``getmesh snapshot save``: a cluster in one file, without secrets."""

from typing import Any

import click

from getmesh.cli.options import cluster_options, examples


@click.group(name="snapshot", epilog=examples("getmesh snapshot --help"))
def snapshot() -> None:
    """Keep what getmesh needs of a cluster in one file; every command that reads a cluster takes it as --snapshot."""


@snapshot.command(name="save", epilog=examples("getmesh snapshot save --help"))
@click.argument("file", metavar="FILE")
@click.option("-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Look there if you may not list.")
@cluster_options
@click.option("--cluster-seconds", type=float, default=120, show_default=True, help="Time for reading the cluster.")
@click.option("-v", "--verbose", is_flag=True, help="Say what the API was asked.")
def save(**given: Any) -> int:
    """Write FILE; nothing secret is in it: no Secret but certificates, no environment, no tokens.

    The exit code is 3 if part of the cluster could not be read; the file says which part.
    """
    from pathlib import Path

    from getmesh.cli.cluster_input import live
    from getmesh.cli.input import InputOptions
    from getmesh.ports.disk import write_atomically
    from getmesh.sources.snapshot_file import encode

    options = InputOptions(
        kubeconfig=given["kubeconfig"],
        context=given["context"],
        seconds=given["cluster_seconds"],
        verbose=given["verbose"],
    )
    reading = live(options, tuple(given["namespaces"]))
    data = encode(reading)
    write_atomically(Path(given["file"]), data, mode=0o600)
    click.echo(f"{given['file']}: {len(reading.objects)} objects, {len(data)} bytes", err=True)
    for kind, reason in sorted((reading.unread | reading.assumed).items()):
        click.echo(f"not read: {kind}: {reason}", err=True)
    for kind, namespaces in sorted(reading.partial.items()):
        click.echo(f"read in {', '.join(sorted(namespaces))} only: {kind}", err=True)
    return 3 if reading.unread or reading.assumed or reading.partial else 0
