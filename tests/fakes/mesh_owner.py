"""A person who runs a mesh, and its CA, with getmesh."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

from getmesh.ca.bundle import Bundle, from_data
from tests.fakes.rotating_mesh import Mesh
from tests.fakes.secrets_api import SecretsApi

Done = subprocess.CompletedProcess[str]
PASSPHRASE = "correct horse battery"


class MeshOwner:
    """A person with a cluster and a folder; ``printed`` is all that getmesh ever printed."""

    def __init__(self, folder: Path, api: SecretsApi) -> None:
        self.folder, self.api = folder, api
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("GETMESH", "KUBE", "VAULT"))}
        self.environ = keep | {"GETMESH_HOME": str(folder / "home"), "KUBECONFIG": str(folder / "kubeconfig")}
        self.printed = ""

    def run(self, *arguments: str, code: int = 0, stdin: str = "", **environ: str) -> Done:
        """Run getmesh and see how it ends."""
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environ | environ,
            check=False,
            timeout=120,
        )
        self.printed += done.stdout + done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def bundle(self) -> Bundle:
        """Read the CA in the cluster."""
        found = self.api.secret("cacerts")
        assert found is not None
        return from_data({key: b64decode(text) for key, text in found["data"].items()})

    def start_mesh(self, ca: Bundle, *, multi_root: bool = True) -> Mesh:
        """Plug a CA in, start istiod and three workloads."""
        self.api.put_secret("cacerts", ca.data())
        mesh = Mesh(self.api, multi_root)
        mesh.start(3)
        return mesh

    def dumps_of(self, mesh: Mesh) -> list[str]:
        """Put the proxies' dumps into files; give the options that name them."""
        arguments = []
        for workload in mesh.workloads:
            path = self.folder / f"{workload.name}.json"
            path.write_text(json.dumps(mesh.dump(workload.name)))
            arguments += ["--dump", f"{workload.name}={path.name}"]
        return [*arguments, "--through", "none"]
