"""``getmesh ca init``: a root of one's own, for the local provider."""

from pathlib import Path

import click

from getmesh.cli.options import examples


@click.command(epilog=examples("getmesh ca init ./root --common-name 'Example root'"))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--common-name", default="Istio root CA", show_default=True, help="Name of the root.")
@click.option("--organization", multiple=True, metavar="TEXT", help="Organization of the root.")
@click.option("--key-family", default="p-384", show_default=True, help="rsa-2048, -3072, -4096, p-256 or p-384.")
@click.option("--days", default=3650, show_default=True, type=click.IntRange(1, 36500), help="Life in days.")
@click.option("--passphrase-file", default="", metavar="FILE", help="Passphrase of the key.")
def init(
    folder: Path, common_name: str, organization: tuple[str, ...], key_family: str, days: int, passphrase_file: str
) -> None:
    """Make a root in FOLDER: its key encrypted, its certificate, and a log of what it will issue."""
    from datetime import UTC, datetime

    from getmesh.ca import pem
    from getmesh.ca.keys import guard_process
    from getmesh.ca.local_root import create_root
    from getmesh.ca.subject import Subject
    from getmesh.cli.ca_input import passphrase_reader

    guard_process()
    subject = Subject(common_name, organization=organization)
    secret = passphrase_reader(passphrase_file, confirm=True)("the new root")
    root = create_root(folder, subject, secret, datetime.now(UTC), key_family=key_family, days=days)
    click.echo(f"{folder}: root {pem.label(root.certificate())}; keep the passphrase, nothing can replace it")
