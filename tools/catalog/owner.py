"""The catalog owner's desk: ``python -m tools.catalog.owner --help``.

The order of a first publication: ``keys`` (root keys then go offline), ``root``, ``sign``, ``check``, ``publish``.
Later editions: ``add``, ``sign``, ``check``, ``publish``; every few weeks ``renew`` and ``publish``. The passphrase of
the keys comes from the environment variable ``GETMESH_CATALOG_PASSPHRASE``.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from getmesh.distributions.catalog import decode, encode
from getmesh.distributions.trust import refresh
from getmesh.errors import GetmeshError, TrustError
from getmesh.ports.http import Http
from tools.catalog import builds, keys, publishing, signing

CATALOG = Path(__file__).parents[2] / "src/getmesh/data/catalog/catalog.json"
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
catalog_option = click.option("--catalog", type=FILE, default=CATALOG, show_default=True, help="The catalog's file.")
keys_option = click.option("--keys", "folder", type=FOLDER, required=True, help="Folder with the keys.")


@click.group()
def desk() -> None:
    """Keep, sign and publish the catalog of builds."""


@desk.command("keys")
@click.argument("folder", type=FOLDER)
@click.option("--roots", default=3, show_default=True, help="How many root keys.")
def make_keys(folder: Path, roots: int) -> None:
    """Make a set of keys in FOLDER. Move the root keys to separate places offline afterwards."""
    for path in keys.make(folder, roots, _passphrase()):
        click.echo(path)
    if not _passphrase():
        click.echo("the keys have no passphrase; set GETMESH_CATALOG_PASSPHRASE to give them one", err=True)


@desk.command("root")
@click.argument("repository", type=FOLDER)
@keys_option
@click.option("--threshold", default=2, show_default=True, help="Root signatures needed.")
@click.option("--retiring", type=FOLDER, help="Folder with the root keys of the root before; makes the next root.")
def make_root(repository: Path, folder: Path, threshold: int, retiring: Path | None) -> None:
    """Make the root of trust of REPOSITORY, or the one that follows."""
    signers = _signers(folder)
    if retiring is None:
        if list((repository / "metadata").glob("*.root.json")):
            raise click.UsageError("there is a root already; give --retiring to make the next one")
        root = signing.first_root(signers, threshold, signing.now_utc())
    else:
        old = signing.read_root(repository)
        leaving = keys.load(retiring, "root", _passphrase())
        root = signing.next_root(old, signers, leaving, threshold, signing.now_utc())
    click.echo(signing.write_root(repository, root))


@desk.command("add")
@click.argument("name")
@click.option("--from", "folder", type=FOLDER, required=True, help="Folder with upstream's .sha256 files.")
@click.option("--released", default="", help="Day of the release.")
@click.option("--security/--no-security", default=None, help="It fixes vulnerabilities.")
@click.option("--bulletin", multiple=True, help="Bulletin that it fixes; repeatable.")
@catalog_option
def add_build(
    name: str, folder: Path, released: str, security: bool | None, bulletin: tuple[str, ...], catalog: Path
) -> None:
    """Add build NAME, such as 1.31.2-istio-v0, with the checksums of its archives, or add checksums to it."""
    facts: dict[str, object] = {}
    if released:
        facts["released"] = released
    if security is not None or bulletin:
        facts["security"] = bool(security or bulletin)
    if bulletin:
        facts["bulletins"] = bulletin
    old = decode(catalog.read_bytes())
    build = builds.describe(old, name, builds.read_digests(folder, name), **facts)
    new = builds.add(old, build)
    _report(builds.faults(new))
    catalog.write_bytes(encode(new))
    click.echo(f"{name}: {len(build.digests)} checksums; the catalog is edition {new.serial} now")


@desk.command("pin")
@click.argument("file", type=FILE)
@catalog_option
def pin_digests(file: Path, catalog: Path) -> None:
    """Take over the digests of FILE, whose lines hold digest, archive and the witnesses of both."""
    old = decode(catalog.read_bytes())
    new = builds.pin(old, file.read_text(encoding="utf-8"))
    catalog.write_bytes(encode(new))
    click.echo(f"{sum(len(build.digests) for build in new.builds)} digests; the catalog is edition {new.serial} now")


@desk.command("release")
@click.argument("version")
@catalog_option
def set_release(version: str, catalog: Path) -> None:
    """Say that VERSION is the newest release of getmesh itself."""
    old = decode(catalog.read_bytes())
    new = msgspec.structs.replace(old, serial=old.serial + 1, newest_getmesh=version)
    catalog.write_bytes(encode(new))
    click.echo(f"the catalog is edition {new.serial} now")


@desk.command("sign")
@click.argument("repository", type=FOLDER)
@keys_option
@catalog_option
def sign_edition(repository: Path, folder: Path, catalog: Path) -> None:
    """Add the catalog to REPOSITORY as its newest edition."""
    data = catalog.read_bytes()
    _report(builds.faults(decode(data)))
    click.echo(signing.sign(repository, data, _signers(folder), signing.now_utc()))


@desk.command("renew")
@click.argument("repository", type=FOLDER)
@keys_option
def renew_timestamp(repository: Path, folder: Path) -> None:
    """Say again that the newest edition of REPOSITORY is the newest."""
    click.echo(f"timestamp {signing.renew(repository, _signers(folder), signing.now_utc())}")


@desk.command("check")
@click.argument("repository", type=FOLDER)
@click.option("--root", type=FILE, help="Root of trust of the clients (default: the repository's first).")
def check_repository(repository: Path, root: Path | None) -> None:
    """Read REPOSITORY as a client with nothing but the root of trust would."""
    trusted = root or repository / "metadata" / "1.root.json"
    environ = {"GETMESH_CATALOG_ROOT": str(trusted)}
    with tempfile.TemporaryDirectory() as home:
        data, state = refresh(Path(home), repository.absolute().as_uri(), environ, Http({}))
    _report(builds.faults(decode(data)))
    click.echo(f"edition {state.serial} holds, {len(decode(data).builds)} builds")


@desk.command("embed")
@click.argument("repository", type=FOLDER)
@click.option("--into", type=FOLDER, default=CATALOG.parent, show_default=True)
def embed(repository: Path, into: Path) -> None:
    """Put the newest edition of REPOSITORY with its metadata into the package."""
    for role, path in signing.newest_edition(repository).items():
        shutil.copyfile(path, into / f"{role}.json")
        click.echo(into / f"{role}.json")


@desk.command("publish")
@click.argument("repository", type=FOLDER)
@click.option("--to", required=True, help="A folder, or s3://BUCKET/PREFIX.")
def publish(repository: Path, to: str) -> None:
    """Copy REPOSITORY to where clients read it; the timestamp goes last."""
    for name in publishing.publish(repository, to):
        click.echo(name)


def main() -> int:
    """Run the desk; failures are one line."""
    try:
        desk(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (GetmeshError, ValueError, FileExistsError) as error:
        click.echo(f"error: {error}", err=True)
        return 1
    return 0


def _signers(folder: Path) -> dict[str, signing.Signers]:
    return {role: keys.load(folder, role, _passphrase()) for role in keys.ROLES}


def _passphrase() -> bytes | None:
    return os.environ.get("GETMESH_CATALOG_PASSPHRASE", "").encode() or None


def _report(found: list[str]) -> None:
    if found:
        raise TrustError("; ".join(found))


if __name__ == "__main__":
    sys.exit(main())
