"""People who use getmesh through real processes."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from getmesh.distributions.catalog import decode, encode
from getmesh.distributions.editions import embedded_bytes
from getmesh.distributions.names import host_platform
from getmesh.distributions.platforms import archive_name
from getmesh.ports.disk import write_atomically
from tests.fakes.cluster import FakeApi
from tests.fakes.https_server import Authority, Proxy, Site
from tests.fakes.releases import DUMPER, checksum, good, good_zip
from tests.fakes.stores import put_build

Done = subprocess.CompletedProcess[str]
GITHUB = "/istio/istio/releases/download"
BLOB = "/istio-release/releases"
PROGRAM = b"""#!/bin/sh
echo "VERSION $*"
printf '%s\\n' "$*" >> "$RECORD"
exit "${ISTIOCTL_EXIT:-0}"
"""


class ReleaseUser:
    """A person with an empty home, a proxy to the release hosts, and a terminal that is none."""

    def __init__(self, folder: Path, site: Site, authority: Authority, proxy: Proxy) -> None:
        self.folder, self.home, self.site, self.proxy = folder, folder / "home", site, proxy
        self.work = folder / "work"
        self.work.mkdir()
        keep = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("GETMESH", "KUBE", "PYTHONDONT")) and not key.lower().endswith("_proxy")
        }
        self.environ = keep | {
            "GETMESH_HOME": str(self.home),
            "HOME": str(folder),
            "KUBECONFIG": os.devnull,
            "SSL_CERT_FILE": str(authority.ca_file),
            "HTTPS_PROXY": proxy.url,
            "NO_PROXY": "",
        }

    def run(self, *arguments: str | bytes, cwd: Path | None = None, stdin: str = "", **environ: str) -> Done:
        """Run getmesh; a traceback or a bug of ours fails the test."""
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            cwd=cwd or self.work,
            env=self.environ | environ,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode != 70, done.stderr
        return done

    def ok(self, *arguments: str, cwd: Path | None = None, **environ: str) -> str:
        """Run getmesh and give what it printed; it must succeed."""
        done = self.run(*arguments, cwd=cwd, **environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def publish(self, version: str, source: str = GITHUB, content: bytes = DUMPER, platform: str = "") -> None:
        """Put a release on the server, and the embedded catalog without its pins into the home: content is made up."""
        if not (self.home / "catalog").exists():
            embedded = decode(embedded_bytes())
            builds = tuple(msgspec.structs.replace(build, digests={}) for build in embedded.builds)
            write_atomically(
                self.home / "catalog" / "current.json", encode(msgspec.structs.replace(embedded, builds=builds))
            )
        name = archive_name(version, "istio", 0, platform or host_platform())
        archive = good_zip(content) if name.endswith(".zip") else good(content)
        self.site.files[f"{source}/{version}/{name}"] = archive
        self.site.files[f"{source}/{version}/{name}.sha256"] = checksum(archive, name)

    def archive(self, name: str, content: bytes = DUMPER) -> str:
        """Give the path of an archive at hand."""
        path = self.folder / f"istioctl-{name}-linux-amd64.tar.gz"
        path.write_bytes(good(content))
        return str(path)


class ClusterUser:
    """A person with a cluster, and fetched builds whose program records its calls."""

    def __init__(self, folder: Path, api: FakeApi) -> None:
        self.folder, self.api = folder, api
        self.home = folder / "home"
        self.record = folder / "record"
        self.kubeconfig = folder / "kubeconfig"
        mine = ("GETMESH", "KUBE", "PYTHONDONTWRITEBYTECODE")
        keep = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
        self.environ = keep | {
            "GETMESH_HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            "RECORD": str(self.record),
        }

    def run(self, *arguments: str, **environ: str) -> Done:
        """Run getmesh; a traceback or a bug of ours fails the test."""
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environ | environ,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode != 70, done.stderr
        return done

    def fetch(self, *versions: str) -> None:
        """Put builds into the store; the last one is active."""
        for version in versions:
            put_build(self.home, f"{version}-istio-v0", PROGRAM.replace(b"VERSION", version.encode()))

    def age_kubeconfig(self, seconds: float = 60) -> None:
        """Let the kubeconfig be as it is since a while."""
        moment = time.time() - seconds
        os.utime(self.kubeconfig, (moment, moment))

    def calls(self) -> list[str]:
        """Give the calls of istioctl so far."""
        return self.record.read_text().splitlines() if self.record.exists() else []

    def on_a_terminal(self, answer: str, *arguments: str) -> tuple[int, str]:
        """Run getmesh on a terminal where the user types an answer; give exit code and screen."""
        master, slave = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "getmesh", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self.environ,
            cwd=self.folder,
        ) as child:
            os.close(slave)
            os.write(master, f"{answer}\n".encode())
            seen = b""
            while chunk := _read(master):
                seen += chunk
            code = child.wait(timeout=60)
        os.close(master)
        return code, seen.decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError:
        return b""
