"""People who use getmesh through real processes."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.https_server import Authority, Proxy, Site
from tests.fakes.releases import DUMPER, checksum, good, good_zip

from getmesh.distributions.names import host_platform
from getmesh.distributions.platforms import archive_name

Done = subprocess.CompletedProcess[str]
GITHUB = "/istio/istio/releases/download"
BLOB = "/istio-release/releases"


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
        """Put a release on the server."""
        name = archive_name(version, "istio", 0, platform or host_platform())
        archive = good_zip(content) if name.endswith(".zip") else good(content)
        self.site.files[f"{source}/{version}/{name}"] = archive
        self.site.files[f"{source}/{version}/{name}.sha256"] = checksum(archive, name)

    def archive(self, name: str, content: bytes = DUMPER) -> str:
        """Give the path of an archive at hand."""
        path = self.folder / f"istioctl-{name}-linux-amd64.tar.gz"
        path.write_bytes(good(content))
        return str(path)
