"""A real istiod against the rig's API."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig.api import Api
from tests.rig.processes import free_port, started

READY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Istiod:
    """A running control plane.

    Attributes:
        monitoring: port of ``/version`` and metrics.
        debug: address of the debug pages and of ``/ready``.
        discovery: port of plain gRPC.
        secure: port of gRPC with TLS, where certificates are signed.
    """

    monitoring: int
    debug: str
    discovery: int
    secure: int

    def page(self, path: str) -> bytes:
        """Give a page of the debug address, such as ``/debug/endpointShardz``."""
        with urllib.request.urlopen(f"{self.debug}{path}", timeout=30) as answer:  # noqa: S310 - loopback
            data: bytes = answer.read()
            return data


@contextmanager
def running(api: Api, folder: Path, *, mesh: str = "", environ: dict[str, str] | None = None) -> Iterator[Istiod]:
    """Run an istiod that reads the API as an administrator, with self-signed root; come back when it is ready.

    Args:
        api: the API.
        folder: for its log and files.
        mesh: YAML of its mesh configuration.
        environ: settings.

    Raises:
        RuntimeError: it is not built or does not get ready.
    """
    http, grpc, secure, monitoring, webhook = (free_port() for _ in range(5))
    (folder / "mesh.yaml").write_text(mesh)
    arguments = [
        "discovery",
        f"--kubeconfig={api.kubeconfig()}",
        f"--httpAddr=127.0.0.1:{http}",
        f"--grpcAddr=127.0.0.1:{grpc}",
        f"--secureGRPCAddr=127.0.0.1:{secure}",
        f"--monitoringAddr=127.0.0.1:{monitoring}",
        f"--httpsAddr=127.0.0.1:{webhook}",
        "--ctrlz_port=0",
        f"--meshConfig={folder}/mesh.yaml",
        "--domain=cluster.local",
    ]
    settings = {"POD_NAMESPACE": "istio-system", "POD_NAME": "istiod-rig", "ENABLE_DEBUG_ON_HTTP": "true"}
    with started("istiod", arguments, folder, settings | (environ or {})):
        istiod = Istiod(monitoring, f"http://127.0.0.1:{http}", grpc, secure)
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                istiod.page("/ready")
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > end:
                    log = (folder / "istiod.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"istiod does not get ready: {error}\n{log}") from error
                time.sleep(0.2)
            else:
                break
        yield istiod
