"""Processes that change the CA on a real API get SIGKILL anywhere: the Secret stays whole, and no key lies about."""

import random
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.ca.bundle import Bundle, from_data
from tests.fakes.victims import GEN_CA, ROOTED, Victim, rooted
from tests.rig.api import Api, RefusedError

pytestmark = pytest.mark.e2e

NAMESPACE = "ca-kills"
WHERE = ("-n", NAMESPACE, "--workloads-in", NAMESPACE, "--through", "none", "--istiod", "none", "--accept-unseen")
KILLS = 60
SETTLED = 0.05
"""Seconds in which a request of a process that is gone has long been carried out or dropped."""


def reader(cluster: Api) -> Callable[[str], Any]:
    def read(name: str) -> Any:
        try:
            return cluster.call("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}")
        except RefusedError as error:
            if error.status != 404:
                raise
            return None

    return read


def next_call(victim: Victim, read: Callable[[str], Any], chance: random.Random) -> tuple[str, ...]:
    """Give a call that has something to do: another CA of the same root, or a step of a rotation there or back."""
    issue = (*GEN_CA, "--istio-ca-namespace", NAMESPACE)
    if read("cacerts-next") is not None:
        return ("ca", "rotate", "-y", *(["--back"] if chance.random() < 0.5 else []), *WHERE)
    bundle = victim.bundle()
    if bundle is None or bundle.signer == offered(victim).signer or chance.random() < 0.5:
        return issue
    return ("ca", "rotate", "-y", "--to", "new.yaml", "-n", NAMESPACE)


def offered(victim: Victim) -> Bundle:
    """Give the CA that a rotation goes to, which it can do only from another one."""
    data = yaml.safe_load((victim.folder / "new.yaml").read_text())["data"]
    return from_data({key: b64decode(text) for key, text in data.items()})


def test_sixty_kills_leave_a_working_secret_each_time(cluster: Api, tmp_path: Path) -> None:
    cluster.namespace(NAMESPACE)
    read, chance, kills, span = reader(cluster), random.Random(11), 0, 0.5
    with rooted(tmp_path, cluster.kubeconfig()) as forks:
        victim = Victim(tmp_path, forks, read)
        victim.wanted.add("new.yaml")
        assert victim.run("gen-ca", *ROOTED, "--secret-file-path", "new.yaml") == 0, victim.printed()
        had = False
        while kills < KILLS:
            code = victim.die_after(chance.uniform(0, span), next_call(victim, read, chance))
            span *= 1.02 if code < 0 else 0.9
            kills += code < 0
            time.sleep(SETTLED)
            had = had or victim.bundle() is not None
            assert victim.faults() == []
            assert not had or victim.bundle() is not None
            assert code <= 0, victim.printed()
        while read("cacerts-next") is not None:
            assert victim.run("ca", "rotate", "-y", "--back", *WHERE) == 0, victim.printed()
        assert victim.run(*GEN_CA, "--istio-ca-namespace", NAMESPACE) == 0, victim.printed()
        assert victim.faults() == []
