import stat
import subprocess
import sys
from pathlib import Path

import pytest

from getmesh.distributions.catalog import decode, encode
from tests.fakes.catalogs import small_catalog
from tests.fakes.releases import checksum, good
from tools.catalog import builds, publishing

ROOT = Path(__file__).resolve().parents[3]


class _Owner:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = folder / "catalog.json"
        self.catalog.write_bytes(encode(small_catalog(1)))

    def run(self, *arguments: str, passphrase: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools.catalog.owner", *arguments],
            cwd=ROOT,
            env={"PYTHONPATH": "src", "GETMESH_CATALOG_PASSPHRASE": passphrase, "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def ok(self, *arguments: str, passphrase: str = "") -> str:
        done = self.run(*arguments, passphrase=passphrase)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def owner(tmp_path: Path) -> _Owner:
    return _Owner(tmp_path)


def test_a_publication_from_keys_to_clients(owner: _Owner) -> None:
    keys, repository, public = (str(owner.folder / name) for name in ("keys", "repository", "public"))
    owner.ok("keys", keys, passphrase="secret")
    for path in Path(keys).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"ENCRYPTED" in path.read_bytes()
    owner.ok("root", repository, "--keys", keys, passphrase="secret")
    owner.ok("sign", repository, "--keys", keys, "--catalog", str(owner.catalog), passphrase="secret")
    owner.ok("renew", repository, "--keys", keys, passphrase="secret")
    assert "edition 1 holds" in owner.ok("check", repository)
    assert owner.ok("publish", repository, "--to", public).splitlines()[-1] == "metadata/timestamp.json"
    assert "edition 1 holds" in owner.ok("check", public)
    owner.ok("embed", repository, "--into", str(owner.folder))
    assert (owner.folder / "root.json").exists()


def test_a_tampered_repository_does_not_pass_the_check(owner: _Owner) -> None:
    keys, repository = str(owner.folder / "keys"), owner.folder / "repository"
    owner.ok("keys", keys)
    owner.ok("root", str(repository), "--keys", keys)
    owner.ok("sign", str(repository), "--keys", keys, "--catalog", str(owner.catalog))
    (target,) = (repository / "targets").iterdir()
    target.write_bytes(target.read_bytes().replace(b"1.30.1", b"1.30.9"))
    assert owner.run("check", str(repository)).returncode == 1


def test_keys_are_never_overwritten(owner: _Owner) -> None:
    keys = str(owner.folder / "keys")
    owner.ok("keys", keys)
    assert owner.run("keys", keys).returncode == 1


def test_a_threshold_needs_as_many_keys(owner: _Owner) -> None:
    keys = str(owner.folder / "keys")
    owner.ok("keys", keys, "--roots", "1")
    assert owner.run("root", str(owner.folder / "repository"), "--keys", keys).returncode == 1


def test_a_build_is_added_with_the_checksums_of_its_files(owner: _Owner) -> None:
    files = owner.folder / "files"
    files.mkdir()
    for platform in ("linux-amd64", "osx-arm64"):
        name = f"istioctl-1.30.3-{platform}.tar.gz"
        (files / name).write_bytes(good())
        (files / f"{name}.sha256").write_bytes(checksum(good(), name))
    owner.ok("add", "1.30.3-istio-v0", "--from", str(files), "--catalog", str(owner.catalog), "--security")
    catalog = decode(owner.catalog.read_bytes())
    build = catalog.find("1.30.3-istio-v0")
    assert build is not None
    assert (catalog.serial, set(build.digests), build.security) == (2, {"linux/amd64", "darwin/arm64"}, True)
    (files / "istioctl-1.30.3-linux-amd64.tar.gz").write_bytes(good(b"evil"))
    assert owner.run("add", "1.30.3-istio-v0", "--from", str(files), "--catalog", str(owner.catalog)).returncode == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DIGEST istioctl-1.30.1-linux-amd64.tar.gz", "is no digest, archive and witnesses"),
        ("DIGEST istio-1.30.1-linux-amd64.tar.gz hermit", "is no digest, archive and witnesses"),
        ("DIGEST istioctl-1.30.1-win-amd64.zip scoop", "is no digest, archive and witnesses"),
        ("DIGEST istioctl-1.30.9-linux-amd64.tar.gz hermit", "is no digest, archive and witnesses"),
        ("abc istioctl-1.30.1-linux-amd64.tar.gz hermit", "no SHA-256"),
        ("OTHER istioctl-1.30.1-linux-amd64.tar.gz hermit", "the catalog pins"),
    ],
)
def test_a_pin_is_a_digest_of_a_known_archive_that_nothing_contradicts(owner: _Owner, line: str, said: str) -> None:
    pins = owner.folder / "pins.txt"
    good_line = f"{'a' * 64}  istioctl-1.30.1-linux-amd64.tar.gz  hermit+scoop\n"
    pins.write_text(f"# witnesses\n{good_line}")
    for _ in range(2):  # the second time nothing is new, so the edition stays
        assert "1 digests; the catalog is edition 2" in owner.ok("pin", str(pins), "--catalog", str(owner.catalog))
    pins.write_text(good_line + line.replace("DIGEST", "a" * 64).replace("OTHER", "b" * 64))
    before = owner.catalog.read_bytes()
    done = owner.run("pin", str(pins), "--catalog", str(owner.catalog))
    assert done.returncode == 1
    assert said in done.stderr
    assert owner.catalog.read_bytes() == before


def test_the_embedded_catalog_pins_what_the_witnesses_say() -> None:
    embedded = decode((ROOT / "src/getmesh/data/catalog/catalog.json").read_bytes())
    assert builds.pin(embedded, (ROOT / "tools/catalog/pins.txt").read_text()) == embedded
    pinned = {build.name: build.digests for build in embedded.builds if build.digests}
    assert len(pinned) > 80
    assert set(pinned["1.30.3-istio-v0"]) == {"linux/amd64", "linux/arm64", "darwin/amd64", "windows/amd64"}


def test_a_bucket_gets_the_timestamp_last(owner: _Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = owner.folder / "repository"
    for name in ("metadata/timestamp.json", "metadata/1.root.json", "targets/a.catalog.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    sent: list[dict[str, object]] = []

    class Client:
        def put_object(self, **fields: object) -> None:
            sent.append(fields)

    monkeypatch.setattr("boto3.client", lambda name: {"s3": Client()}[name])
    assert list(publishing.publish(folder, "s3://bucket/catalog/"))[-1] == "metadata/timestamp.json"
    assert sent[0]["Key"] == "catalog/targets/a.catalog.json"
    assert sent[-1]["CacheControl"] == "max-age=60"
    with pytest.raises(ValueError, match="only folders and s3"):
        list(publishing.publish(folder, "ftp://bucket"))
