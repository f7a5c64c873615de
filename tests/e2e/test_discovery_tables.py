"""The real istioctl, given what getmesh computes as a proxy would have it, prints the tables that getmesh prints."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rig.programs import missing, program
from tests.rig.worlds import example

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
DUMP = "type.googleapis.com/envoy.admin.v3.ClustersConfigDump"
CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"


def printed(what: str, value: dict[str, Any], folder: Path) -> str:
    """Give what ``istioctl proxy-config`` prints of what a proxy says of itself."""
    istioctl = program("istioctl")
    if istioctl is None:
        pytest.skip(missing("istioctl"))
    file = folder / f"{what}.json"
    file.write_text(json.dumps(value))
    done = subprocess.run(
        [str(istioctl), "proxy-config", what, "--file", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def config_dump(view: dict[str, Any]) -> dict[str, Any]:
    """Give the clusters of a view as the page ``/config_dump`` has them."""
    clusters = []
    for item in view["clusters"]:
        name, _, namespace = item["destinationRule"].rpartition(".")
        path = f"/apis/networking.istio.io/v1/namespaces/{namespace}/destination-rule/{name}"
        metadata = {"filterMetadata": {"istio": {"config": path}}} if name else {}
        clusters.append({"@type": CLUSTER, "name": item["name"], "type": item["type"], "metadata": metadata})
    return {"configs": [{"@type": DUMP, "dynamicActiveClusters": [{"cluster": item} for item in clusters]}]}


def statuses(view: dict[str, Any]) -> dict[str, Any]:
    """Give the endpoints of a view as the page ``/clusters`` has them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in view["endpoints"]:
        unix, path = row["address"].startswith("unix://"), row["address"].removeprefix("unix://")
        socket = {"address": row["address"], "portValue": row["port"]}
        address = {"pipe": {"path": path}} if unix else {"socketAddress": socket}
        host = {"address": address, "healthStatus": {"edsHealthStatus": row["health"]}}
        found.setdefault(row["cluster"], []).append(host)
    return {"clusterStatuses": [{"name": name, "hostStatuses": hosts} for name, hosts in found.items()]}


@pytest.mark.parametrize(
    "who",
    [
        ("--proxy", "sidecar", "--namespace", "storefront", "--labels", "app=storefront"),
        ("--proxy", "sidecar", "--namespace", "payments", "--ip", "10.0.0.7"),
        ("--proxy", "router", "--namespace", "ingress"),
    ],
)
def test_tables_are_those_of_istioctl_to_the_last_blank(getmesh: Run, tmp_path: Path, who: tuple[str, ...]) -> None:
    given = (*who, "--offline", "-f", str(example()))
    view = json.loads(getmesh("discovery", "clusters", *given, "-o", "json").stdout)
    assert len(view["clusters"]) > 8
    assert view["endpoints"]
    assert getmesh("discovery", "clusters", *given).stdout == printed("clusters", config_dump(view), tmp_path)
    assert getmesh("discovery", "endpoints", *given).stdout == printed("endpoints", statuses(view), tmp_path)
