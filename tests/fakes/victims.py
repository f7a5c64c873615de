"""A mesh owner whose command lines are killed, and what has to be whole afterwards."""

import os
import signal
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.cacerts import NAME
from getmesh.ca.files import PART
from getmesh.ca.fitness import judge
from getmesh.ca.problems import errors
from getmesh.ca.secrets import Secret, manifest
from tests.fakes.forks import Forks
from tests.fakes.mesh_owner import PASSPHRASE, MeshOwner
from tests.fakes.secrets_api import served
from tests.fakes.stopping_api import StoppingApi

ROOTED = ("-p", "local", "--root-dir", "root", "--key-family", "p-256")
GEN_CA = ("gen-ca", *ROOTED, "--override-existing-ca-cert-secret")
_MINE = frozenset({"kubeconfig", "output", "root/root-key.pem", "root/root-cert.pem", "root/issued.jsonl"})
_LOG = "home/ca/issued.jsonl"
_PLAIN = b"PRIVATE KEY-----"
_LOCKED = b"ENCRYPTED " + _PLAIN
_SECONDS = 60


class Victim:
    """A folder with a root of one's own, a cluster, and processes to be killed.

    Args:
        folder: where everything is that getmesh may write to, ``TMPDIR`` and home included.
        forks: starts the processes.
        secret: gives a Secret of the cluster by name, None if there is none.

    Attributes:
        wanted: names of files that were asked for, besides those of the root.
    """

    def __init__(self, folder: Path, forks: Forks, secret: Callable[[str], Any]) -> None:
        self.folder, self._forks, self._secret = folder, forks, secret
        self.wanted: set[str] = set()

    def run(self, *arguments: str, file_size: int | None = None) -> int:
        """Run a command line to its end; give its exit code."""
        return self._forks.run(arguments, file_size=file_size)

    def die_after(self, seconds: float, arguments: Sequence[str]) -> int:
        """Kill a command line after a while; give how it ended, negative for the kill."""
        process = self._forks.start(arguments)
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
        return self._forks.wait()

    def printed(self) -> str:
        """Give what the last command line printed."""
        return self._forks.output.read_text()

    def bundle(self) -> Bundle | None:
        """Read the CA in the cluster, None if there is none."""
        found = self._secret(NAME)
        return from_data({key: b64decode(text) for key, text in found["data"].items()}) if found else None

    def put(self, name: str, bundle: Bundle) -> None:
        """Put a CA into a file, as a manifest."""
        (self.folder / name).write_text(yaml.safe_dump(manifest(Secret(NAME, bundle.data()), "istio-system")))
        self.wanted.add(name)

    def faults(self) -> list[str]:
        """Give everything that is not as it has to be, after whatever happened.

        Where a file is replaced there is one moment in which a kill leaves its part, which the next write removes.
        """
        bundle = self.bundle()
        found = [one.message for one in errors(judge(bundle, datetime.now(UTC)))] if bundle else []
        found += [f"{name} is left" for name in self._left()]
        found += [f"{name} is not whole" for name in sorted(self.wanted) if self._is_torn(self.folder / name)]
        text = self.printed() if self._forks.output.exists() else ""
        return [*found, *(["a key was printed"] if _PLAIN.decode() in text else [])]

    def _left(self) -> Iterator[str]:
        """Yield files that nobody asked for, and files with a plain key in them that nobody asked a key into."""
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            if not path.is_file() or name in self.wanted or name in map(PART.format, self.wanted):
                continue
            if name not in _MINE and name != _LOG:
                yield name
            data = path.read_bytes().replace(_LOCKED, b"")
            if _PLAIN in data or any(part in data for part in _encoded()):
                yield f"a key in {name}"

    def _is_torn(self, path: Path) -> bool:
        if not path.exists() or path.suffix != ".yaml":
            return False
        value = yaml.safe_load(path.read_text())
        return not isinstance(value, dict) or errors(judge(_bundle_of(value), datetime.now(UTC))) != []


class StoppedVictim(Victim):
    """One whose cluster stops in the middle of a call.

    Attributes:
        api: the cluster.
    """

    def __init__(self, folder: Path, forks: Forks, api: StoppingApi) -> None:
        super().__init__(folder, forks, api.secret)
        self.api = api

    def die_at(self, number: int, arguments: Sequence[str], *, carried_out: bool) -> bool:
        """Kill a command line in the middle of a call of the API, counted from 0; False if it ended before."""
        self.api.stop_at(number, carried_out=carried_out)
        process = self._forks.start(arguments)
        stopped = self.api.wait_until_stopped(_SECONDS)
        os.kill(process, signal.SIGKILL)
        code = self._forks.wait()
        self.api.release()
        return stopped and code == -signal.SIGKILL


def _bundle_of(value: dict[str, dict[str, str]]) -> Bundle:
    return from_data({key: b64decode(text) for key, text in value["data"].items()})


def _encoded() -> Iterator[bytes]:
    """Yield how the mark of a key looks in base64, wherever it begins."""
    for shift in range(3):
        text = b64encode(b" " * shift + _PLAIN)
        yield text[4 * (shift > 0) : -4]


@contextmanager
def stopped_victim(folder: Path) -> Iterator[StoppedVictim]:
    """Give a victim with a local root and an empty cluster that serves as long as the block."""
    api = StoppingApi("istio-system", "shop")
    with served(api, folder / "kubeconfig"), rooted(folder, folder / "kubeconfig") as forks:
        yield StoppedVictim(folder, forks, api)


@contextmanager
def rooted(folder: Path, kubeconfig: Path) -> Iterator[Forks]:
    """Make a local root in a folder, and start processes there that use a cluster."""
    owner = MeshOwner(folder, StoppingApi())
    (folder / "tmp").mkdir()
    environ = {"GETMESH_CA_PASSPHRASE": PASSPHRASE, "TMPDIR": str(folder / "tmp"), "KUBECONFIG": str(kubeconfig)}
    with Forks(folder, owner.environ | environ) as forks:
        assert forks.run(["ca", "init", "root", "--key-family", "p-256"]) == 0, forks.output.read_text()
        yield forks
