"""A real istiod, asked over ADS as each proxy would: it sends what getmesh computes, before and after a change.

Meshes are in ``meshes``.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.e2e.ads import MESHES, Answer, asked, node, pod, put_labels, sent, slices, touch_slices
from tests.rig import api as rig
from tests.rig import definitions
from tests.rig import istiod as plane
from tests.rig.programs import missing

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
BOOTSTRAP: Final = frozenset({"agent", "prometheus_stats", "sds-grpc", "xds-grpc"})
SETTLED_SECONDS: Final = 30
NUMBERS: Final = {"cds": "clusters", "eds": "edsResources", "lds": "listeners", "rds": "routes"}
BAND: Final = 0.1
"""How far estimated bytes of one proxy may be off, by type and in total."""
SMALL: Final = 100
"""Bytes that do not count as being off."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rig.Api]:
    """Give an API of this module's own: whatever else it held, istiod would send too."""
    if reason := missing("kube-apiserver", "etcd", "istiod", "adsprobe"):
        pytest.skip(reason)
    with rig.running(tmp_path_factory.mktemp("ads")) as found:
        definitions.install(found, gateways=False)
        yield found


@pytest.fixture(params=sorted(path.stem for path in MESHES.glob("*.yaml")))
def mesh(request: pytest.FixtureRequest, api: rig.Api) -> Iterator[dict[str, Any]]:
    """Load a mesh into the API, and take it away afterwards."""
    head, *objects = yaml.safe_load_all((MESHES / f"{request.param}.yaml").read_text())
    for name, labels in head["namespaces"].items():
        api.namespace(name)
        put_labels(api, name, labels)
    meta = {"name": "istio", "namespace": "istio-system"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"mesh": yaml.safe_dump(head["mesh"])}}
    written = [config, *map(node, head["nodes"].items()), *map(pod, head["pods"]), *objects]
    written += [part for obj in objects for part in slices(obj, head["pods"])]
    api.create(written)
    yield head
    for obj in written:
        api.call("DELETE", f"{rig.path_of(obj)}/{obj['metadata']['name']}", {"gracePeriodSeconds": 0})
    for name in head["namespaces"]:
        put_labels(api, name, {})


def computed(getmesh: Run, api: rig.Api, config: Path) -> dict[str, Answer]:
    """Ask getmesh, which reads the same API."""
    done = getmesh(
        "discovery", "all", "-o", "json", "--kubeconfig", str(api.kubeconfig()), "--mesh-config", str(config)
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Answer] = {}
    for view in json.loads(done.stdout):
        proxy = view["proxy"]
        found[f"{proxy['namespace']}/{proxy['name']}"] = {
            "clusters": {
                (item["name"], item["type"], item["destinationRule"])
                for item in view["clusters"]
                if item["name"] not in BOOTSTRAP
            },
            "endpoints": {
                (row["cluster"], row["address"], row["port"], row["health"])
                for row in view["endpoints"]
                if row["cluster"] not in BOOTSTRAP
            },
        }
    return found


def differences(theirs: dict[str, Answer], ours: dict[str, Answer]) -> str:
    """Say what only one of the two has, a line each."""
    found = []
    for proxy in sorted(theirs.keys() | ours.keys()):
        for part in ("clusters", "endpoints"):
            left, right = theirs.get(proxy, {}).get(part, set()), ours.get(proxy, {}).get(part, set())
            found += [f"{proxy}: only istiod has {item}" for item in sorted(left - right)]
            found += [f"{proxy}: only getmesh has {item}" for item in sorted(right - left)]
    return "\n".join(found)


def settled(istiod: plane.Istiod, pods: list[dict[str, Any]], ours: dict[str, Answer]) -> dict[str, Answer]:
    """Give istiod's answers once they are those that getmesh computed, or the last ones after a while."""
    end = time.monotonic() + SETTLED_SECONDS
    while True:
        theirs = sent(istiod, pods)
        if theirs == ours or time.monotonic() > end:
            return theirs
        time.sleep(0.3)


def test_every_proxy_is_sent_what_getmesh_computes_before_and_after_selectors_and_labels_change(
    mesh: dict[str, Any], api: rig.Api, getmesh: Run, tmp_path: Path
) -> None:
    config = tmp_path / "mesh.yaml"
    before = yaml.safe_dump(mesh["mesh"])
    with plane.running(api, tmp_path, mesh=before) as istiod:
        touch_slices(api)
        ours = [computed(getmesh, api, config)]
        theirs = [settled(istiod, mesh["pods"], ours[0])]
        assert not differences(theirs[0], ours[0])

        config.write_text(yaml.safe_dump({**mesh["mesh"], "discoverySelectors": mesh["selectors"]}))
        ours.append(computed(getmesh, api, config))
        theirs.append(settled(istiod, mesh["pods"], ours[1]))
        assert not differences(theirs[1], ours[1])

        for name, labels in mesh["label"].items():
            put_labels(api, name, {**mesh["namespaces"][name], **labels})
        ours.append(computed(getmesh, api, config))
        theirs.append(settled(istiod, mesh["pods"], ours[2]))
        assert not differences(theirs[2], ours[2])
    assert theirs[0] != theirs[1]
    assert theirs[1] != theirs[2]
    assert all(answer["clusters"] for state in theirs for answer in state.values())


def totals(getmesh: Run, api: rig.Api, *change: str) -> dict[str, dict[str, dict[str, int]]]:
    """Give the tallies of each proxy ``before`` and ``after`` a change, as ``discovery diff`` has them."""
    done = getmesh("discovery", "diff", *change, "-o", "json", "--kubeconfig", str(api.kubeconfig()))
    assert done.returncode == 0, done.stderr
    proxies = json.loads(done.stdout)["proxies"]
    return {
        side: {f"{proxy['namespace']}/{proxy['name']}": proxy[side] for proxy in proxies}
        for side in ("before", "after")
    }


def deviations(theirs: dict[str, dict[str, Any]], ours: dict[str, dict[str, int]]) -> list[str]:
    """Say where numbers of resources differ, and where bytes are too far off."""
    found = []
    for proxy, tally in sorted(ours.items()):
        real = {kind: theirs[proxy]["sizes"][kind] for kind in NUMBERS}
        for kind, name in NUMBERS.items():
            if tally[name] != len(real[kind]):
                found.append(f"{proxy}: {tally[name]} {name}, istiod sends {len(real[kind])}")
        sizes = {f"{kind}Bytes": sum(item["bytes"] for item in held) for kind, held in real.items()}
        for name, size in {**sizes, "bytes": sum(sizes.values())}.items():
            if abs(tally[name] - size) > max(BAND * size, SMALL):
                found.append(f"{proxy}: {tally[name]} {name}, istiod sends {size}")
    return found


def wait_for(istiod: plane.Istiod, pods: list[dict[str, Any]], ours: dict[str, dict[str, int]]) -> None:
    """Come back when istiod sends to every proxy what was computed; fail if it does not after a while."""
    end = time.monotonic() + SETTLED_SECONDS
    while found := deviations(asked(istiod, pods), ours):
        assert time.monotonic() < end, "\n".join(found)
        time.sleep(0.3)


def test_totals_of_a_difference_are_what_istiod_sends_before_and_after_it(
    mesh: dict[str, Any], api: rig.Api, getmesh: Run, tmp_path: Path
) -> None:
    before = yaml.safe_dump(mesh["mesh"])
    selectors = tmp_path / "selectors.yaml"
    selectors.write_text(yaml.safe_dump(mesh["selectors"]))
    labels = [f"--label={name}={key}={value}" for name, held in mesh["label"].items() for key, value in held.items()]
    changes = totals(getmesh, api, "--selectors", str(selectors))
    both = totals(getmesh, api, "--selectors", str(selectors), *labels)
    with plane.running(api, tmp_path, mesh=before) as istiod:
        touch_slices(api)
        wait_for(istiod, mesh["pods"], changes["before"])
        (tmp_path / "mesh.yaml").write_text(yaml.safe_dump({**mesh["mesh"], "discoverySelectors": mesh["selectors"]}))
        wait_for(istiod, mesh["pods"], changes["after"])
        for name, held in mesh["label"].items():
            put_labels(api, name, {**mesh["namespaces"][name], **held})
        wait_for(istiod, mesh["pods"], both["after"])
    assert changes["before"] != changes["after"] != both["after"]
