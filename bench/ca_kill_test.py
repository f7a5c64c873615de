"""Kill gen-ca and ca rotate at random moments and look for damage: ``python bench/ca_kill_test.py --kills 500``.

A mesh in miniature lives behind a Kubernetes API on loopback. Processes issue CAs into its Secret or into a file, take
it from one CA to another stage by stage, some of them back again, and get SIGKILL at a random moment of their life.
After each kill the Secret must hold a CA that istiod and its peers take, no handshake may fail, no file may be torn or
hold a key that nobody asked for; and whoever goes on with the same calls must get through.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from getmesh.ca.stages import Way  # noqa: E402 - needs the line above
from tests.fakes.rotating_mesh import Mesh  # noqa: E402 - as above
from tests.fakes.rotations import GOALS, following, mesh_for, rotation_of  # noqa: E402 - as above
from tests.fakes.victims import GEN_CA, ROOTED, StoppedVictim, stopped_victim  # noqa: E402 - as above

SEEN_BY_FILES = ("--through", "none", "--istiod", "none")
FILE = ("gen-ca", *ROOTED, "--secret-file-path", "ca.yaml", "--force")
ENOUGH = 12


class Torture:
    """Commands for a mesh, and kills."""

    def __init__(self, victim: StoppedVictim, source: random.Random) -> None:
        self.victim, self.source = victim, source
        self.kills: Counter[str] = Counter()
        self.ends = 0
        self.journeys = 0
        self._spans: dict[str, float] = {}
        victim.wanted |= {"ca.yaml", "new.yaml", "w0.json", "w1.json"}

    def journey(self, wanted: int) -> None:
        """Take a new mesh from a CA to another, with turns back, killing all the time.

        Raises:
            SystemExit: something broke.
        """
        way, multi_root = self.source.choice(list(Way)), self.source.random() < 0.5  # noqa: PLR2004 - even chances
        self._empty()
        self.victim.put("new.yaml", GOALS[way])
        mesh = mesh_for(way, multi_root=multi_root, workloads=2, api=self.victim.api)
        backs = self.source.randrange(3)
        while sum(self.kills.values()) < wanted:
            standing = rotation_of(mesh).standing()
            if standing is None:
                present, _ = rotation_of(mesh).present()
                if present.signer == GOALS[way].signer:
                    self.journeys += 1
                    return
                words: tuple[str, ...] = ("--to", "new.yaml")
            elif backs and standing.passed and self.source.random() < 0.3:  # noqa: PLR2004 - now and then
                backs -= 1
                words = ("--back", "--phase", str(standing.passed[-1]))
            else:
                words = ("--phase", str(standing.next))
            self._through(mesh, words)

    def issue(self) -> None:
        """Kill gen-ca a few times, into the cluster and into a file."""
        self._empty()
        for command in (GEN_CA, FILE, GEN_CA):
            for _ in range(4):
                self._kill(command, "gen-ca file" if command is FILE else "gen-ca")
                self._demand_whole(command)
            self._demand(self.victim.run(*command) == 0, command)
            self._demand_whole(command)

    def _empty(self) -> None:
        """Leave the namespaces alone in the cluster."""
        kept = {path: value for path, value in self.victim.api.objects.items() if value.get("kind") == "Namespace"}
        self.victim.api.objects = kept

    def _through(self, mesh: Mesh, words: tuple[str, ...]) -> None:
        """Make a call until it is through, killed some times before."""
        for attempt in range(ENOUGH):
            command = self._command(mesh, words)
            with following(mesh):
                code = self._kill(command, words[-1]) if attempt < ENOUGH // 2 else self.victim.run(*command)
            self._demand_whole(command)
            mesh.all_renew(self.source)
            self._demand(mesh.failures == [], command)
            if code == 0:
                return
            self._demand(code < 0, command)
        self._demand(False, words)

    def _command(self, mesh: Mesh, words: tuple[str, ...]) -> tuple[str, ...]:
        dumps = []
        for workload in mesh.workloads:
            (self.victim.folder / f"{workload.name}.json").write_text(json.dumps(mesh.dump(workload.name)))
            dumps += ["--dump", f"{workload.name}={workload.name}.json"]
        seen = () if words[0] == "--to" else (*dumps, *SEEN_BY_FILES)
        return ("ca", "rotate", "-y", "--restart-istiod", *words, *seen)

    def _kill(self, command: tuple[str, ...], word: str) -> int:
        """Kill a command line somewhere in the time that its kind takes; give how it ended."""
        span = self._spans.setdefault(word, 0.5)
        moment = self.source.uniform(0, span)
        code = self.victim.die_after(moment, command)
        if code < 0:
            self.kills[word] += 1
            self._spans[word] = 1.02 * span
        else:
            self.ends += 1
            self._spans[word] = 0.9 * span
        return code

    def _demand_whole(self, command: tuple[str, ...]) -> None:
        self._demand(not (broken := self.victim.faults()), command, "; ".join(broken))

    def _demand(self, holds: bool, command: tuple[str, ...], what: str = "") -> None:
        if not holds:
            said = f"{what}\n{self.victim.printed()}"
            raise SystemExit(f"after {sum(self.kills.values())} kills, {' '.join(command)}: {said}")


def main() -> int:
    """Kill as often as asked; exit 1 at the first thing that broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, stopped_victim(Path(folder)) as victim:
        torture = Torture(victim, source)
        while sum(torture.kills.values()) < options.kills:
            torture.issue()
            torture.journey(options.kills)
    total = ", ".join(f"{count} {name}" for name, count in sorted(torture.kills.items()))
    print(
        f"{sum(torture.kills.values())} kills ({total}), {torture.ends} ended before theirs, "
        f"{torture.journeys} rotations arrived, nothing broke"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
