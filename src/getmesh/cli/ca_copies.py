"""``getmesh ca backup`` and ``getmesh ca restore``: copies of the CA, in the cluster or in a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from getmesh.cli.ca_input import namespace_option
from getmesh.cli.options import cluster_options, examples

if TYPE_CHECKING:
    from getmesh.ca.bundle import Bundle
    from getmesh.ca.cacerts import CaSecret
    from getmesh.ca.secrets import Secret


@click.command(epilog=examples("getmesh ca backup", "getmesh ca backup --file cacerts.age --encrypt-to age1..."))
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="Write a manifest, not a Secret.")
@click.option("--encrypt-to", "recipients", multiple=True, metavar="AGE1…", help="Encrypt the file.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@namespace_option
@cluster_options
def backup(
    *,
    file: Path | None,
    recipients: tuple[str, ...],
    force: bool,
    namespace: str,
    kubeconfig: str | None,
    context: str | None,
) -> None:
    """Copy the CA: into a dated Secret beside it, or into a private file."""
    from datetime import UTC, datetime

    from getmesh.ca.copies import export
    from getmesh.ca.keys import guard_process
    from getmesh.cli.ca_input import open_secret
    from getmesh.errors import InputError, UsageError

    guard_process()
    if recipients and file is None:
        raise UsageError("there is no file to encrypt", hint="Name one with --file.")
    secret = open_secret(kubeconfig, context, namespace)
    existing = secret.read()
    if existing is None:
        raise InputError(f"there is no Secret cacerts in {namespace}")
    if file is None:
        name = secret.back_up(existing, datetime.now(UTC))
        click.echo(f"Secret {name} in {namespace}; bring it back with: getmesh ca restore {name}")
        return
    export(existing, namespace, file, recipients, force=force)
    click.echo(f"{file}: {'encrypted' if recipients else 'plain, private to you'}")


@click.command(epilog=examples("getmesh ca restore", "getmesh ca restore cacerts-backup-20261126t080000z"))
@click.argument("source", default="")
@click.option("--identity", default="", metavar="FILE", help="age identity of an encrypted file.")
@click.option("--unfit", is_flag=True, help="Restore it even if it would break the mesh.")
@click.option("--replace-root", is_flag=True, help="Allow a root that workloads do not trust now.")
@click.option("--recreate", is_flag=True, help="Delete and make anew a Secret that cannot be replaced.")
@click.option("--dry-run", is_flag=True, help="Let the server check the change, and change nothing.")
@namespace_option
@cluster_options
def restore(
    *,
    source: str,
    identity: str,
    unfit: bool,
    replace_root: bool,
    recreate: bool,
    dry_run: bool,
    namespace: str,
    kubeconfig: str | None,
    context: str | None,
) -> None:
    """Bring back a copy of the CA; what is there now is backed up first.

    SOURCE: a backup's name, or a file; left out, the newest backup that the Secret records.
    """
    from datetime import UTC, datetime

    from getmesh.ca.cacerts import notes
    from getmesh.ca.copies import demand_restorable
    from getmesh.ca.keys import guard_process
    from getmesh.cli.ca_input import open_secret

    guard_process()
    secret = open_secret(kubeconfig, context, namespace, recreate=recreate)
    existing = secret.read()
    bundle, origin = _copy(secret, existing, source, identity)
    now = datetime.now(UTC)
    demand_restorable(bundle, existing, now, unfit=unfit, replace_root=replace_root)
    annotations = notes(bundle, existing, provider="restore", provider_ref=origin)
    kept = secret.write(bundle, existing, annotations, now, dry_run=dry_run)
    if dry_run:
        click.echo(f"the server would take {origin}; nothing was changed")
        return
    click.echo(f"Secret cacerts in {namespace} is {origin} again; before: {kept or 'none'}")


def _copy(secret: "CaSecret", existing: "Secret | None", source: str, identity: str) -> tuple["Bundle", str]:
    """Read the copy that is meant."""
    from getmesh.ca.bundle import from_data
    from getmesh.cli.ca_input import read_text
    from getmesh.errors import InputError

    path = Path(source)
    if source and path.is_file():
        return read_text(path.read_bytes(), source, identity), source
    name = source or next(iter(secret.backups(existing)), "")
    if not name:
        raise InputError("no backup is recorded", hint="Name one: kubectl get secrets -l getmesh.io/backup-of=cacerts")
    found = secret.store.get(name)
    if found is None:
        raise InputError(f"there is neither a file nor a Secret {name}")
    return from_data(found.data), name
