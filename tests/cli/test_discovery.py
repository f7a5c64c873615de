"""The discovery commands as users run them, on the walk-through of the examples folder."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.sources.cluster import ClusterReading
from getmesh.sources.reading import read
from getmesh.sources.snapshot_file import encode
from tests.cli.conftest import Run

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/discovery"
MESH = ("--offline", "-f", str(EXAMPLE / "mesh.yaml"))
ROW_FOO = "10.4.1.5:80 outbound|80||foo.foo.svc.cluster.local"
ROW_BAR = "10.4.4.4:80 outbound|80||bar.bar.svc.cluster.local"
STATIC = [
    "127.0.0.1:15000 prometheus_stats",
    "127.0.0.1:15020 agent",
    "unix://./etc/istio/proxy/XDS xds-grpc",
    "unix://./var/run/secrets/workload-spiffe-uds/socket sds-grpc",
]
OPERATOR = ("--selectors", str(EXAMPLE / "operator.yaml"))


def rows(table: str) -> list[str]:
    """Give endpoint and cluster of each row of an endpoint table."""
    lines = [line.split() for line in table.splitlines()[1:]]
    return [f"{words[0]} {words[-1]}" for words in lines]


def test_without_selectors_foo_sees_everything(getmesh: Run) -> None:
    done = getmesh("discovery", "endpoints", "deploy/foo.foo", *MESH)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split("     ")[0] == "ENDPOINT"
    seen = rows(done.stdout)
    assert {ROW_FOO, ROW_BAR, "10.4.2.2:53 outbound|53||kube-dns.kube-system.svc.cluster.local", *STATIC} <= set(seen)
    assert any("istio-ingressgateway" in row for row in seen)


def test_with_only_foo_labelled_bar_is_gone(getmesh: Run) -> None:
    done = getmesh("discovery", "endpoints", "deploy/foo.foo", *MESH, *OPERATOR, "--label", "foo=env=test")
    assert rows(done.stdout) == [ROW_FOO, *STATIC]


def test_with_both_labelled_bar_is_back(getmesh: Run) -> None:
    files = ("-f", str(EXAMPLE / "labels.yaml"), "-f", str(EXAMPLE / "operator.yaml"))
    done = getmesh("discovery", "endpoints", "deploy/foo.foo", *MESH, *files)
    assert rows(done.stdout) == [ROW_FOO, ROW_BAR, *STATIC]


def test_the_readme_of_the_example_runs(getmesh: Run) -> None:
    calls = [
        line.strip() for line in (EXAMPLE / "README.md").read_text().splitlines() if line.startswith("    getmesh ")
    ]
    assert len(calls) >= 5
    for call in calls:
        words = [str(EXAMPLE / word) if word.endswith(".yaml") else word for word in call.split()[1:]]
        assert getmesh(*words).returncode in {0, 1}, call


def test_the_cluster_table_is_istioctls(getmesh: Run) -> None:
    done = getmesh("discovery", "clusters", "foo-6d8c9.foo", *MESH, "--fqdn", "bar")
    head, row = done.stdout.splitlines()
    assert head.split() == ["SERVICE", "FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION", "RULE"]
    assert row.split() == ["bar.bar.svc.cluster.local", "80", "-", "outbound", "EDS"]


def test_json_has_proxy_clusters_endpoints_and_notes(getmesh: Run) -> None:
    done = getmesh("discovery", "clusters", "--proxy", "router", "--namespace", "edge", *MESH, "-o", "json")
    held = json.loads(done.stdout)
    assert held["schema"] == "getmesh/discovery/v1"
    assert held["proxy"]["type"] == "router"
    assert set(held["clusters"][0]) == {"name", "fqdn", "port", "subset", "direction", "type", "destinationRule"}
    assert set(held["endpoints"][0]) == {"cluster", "address", "port", "health"}
    assert isinstance(held["notModelled"], list)


def test_all_gives_every_proxy(getmesh: Run) -> None:
    held = json.loads(getmesh("discovery", "all", *MESH, "-o", "json").stdout)
    assert [item["proxy"]["name"] for item in held] == ["bar-7f5b4", "foo-6d8c9", "istio-ingressgateway-5c7d9"]
    assert "foo-6d8c9.foo" in getmesh("discovery", "all", *MESH).stdout


def test_namespaces_says_what_selects_each(getmesh: Run) -> None:
    files = ("-f", str(EXAMPLE / "labels.yaml"), "-f", str(EXAMPLE / "operator.yaml"))
    held = json.loads(getmesh("discovery", "namespaces", *MESH, *files, "-o", "json").stdout)["namespaces"]
    assert {item["name"]: item["selected"] for item in held} == {
        "bar": True, "foo": True, "istio-system": False, "kube-system": False,
    }  # fmt: skip
    assert "istio-system (root)" in getmesh("discovery", "namespaces", *MESH, *files).stdout


def test_diff_shows_what_disappears(getmesh: Run) -> None:
    done = getmesh("discovery", "diff", *MESH, *OPERATOR, "--label", "foo=env=test")
    assert done.returncode == 0
    assert "outbound|80||bar.bar.svc.cluster.local  (lost by 3 proxies)" in done.stdout
    held = json.loads(getmesh("discovery", "diff", *MESH, *OPERATOR, "-o", "json").stdout)
    assert held["total"]["after"]["clusters"] < held["total"]["before"]["clusters"]


def test_diff_takes_a_mesh_configuration_that_would_come(getmesh: Run, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text('meshConfig:\n  defaultServiceExportTo: ["."]\n')
    held = json.loads(
        getmesh("discovery", "diff", *MESH, "--mesh-config", str(tmp_path / "values.yaml"), "-o", "json").stdout
    )
    assert "outbound|80||bar.bar.svc.cluster.local" in {item["cluster"] for item in held["disappears"]}


def test_diff_writes_a_page(getmesh: Run, tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    assert getmesh("discovery", "diff", *MESH, *OPERATOR, "-o", "html", "--output-file", str(page)).returncode == 0
    assert page.read_text().startswith("<!doctype html>")


def test_check_fails_when_a_selection_breaks_something(getmesh: Run) -> None:
    assert getmesh("discovery", "check", *MESH).returncode == 0
    done = getmesh("discovery", "check", *MESH, *OPERATOR, "--label", "foo=env=test")
    assert done.returncode == 1
    assert "GM0203" in done.stdout
    assert "GM0211" in done.stdout
    assert getmesh("discovery", "check", *MESH, *OPERATOR, "--fail-on", "never").returncode == 0


def test_a_plan_breaks_nothing_when_it_is_followed(getmesh: Run, tmp_path: Path) -> None:
    held = json.loads(getmesh("discovery", "plan", *MESH, "-o", "json").stdout)
    assert held["notNeeded"] == ["kube-system"]
    assert held["breaks"] == []
    selectors = tmp_path / "selectors.yaml"
    selectors.write_text(yaml.safe_dump(held["discoverySelectors"]))
    labels = [f"--label={name}={held['label']['key']}={held['label']['value']}" for name in held["toLabel"]]
    assert getmesh("discovery", "check", *MESH, "--selectors", str(selectors), *labels).returncode == 0


def test_a_plan_as_manifests_holds_selectors_labels_and_sidecars(getmesh: Run) -> None:
    text = getmesh("discovery", "plan", *MESH, "-o", "yaml").stdout
    parts: list[dict[str, Any]] = list(yaml.safe_load_all(text))
    assert parts[0] == {"discoverySelectors": [{"matchLabels": {"istio-discovery": "enabled"}}]}
    assert [part["kind"] for part in parts[1:]].count("Sidecar") == 2
    assert "Proposal" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("endpoints", "deploy/nothing.foo"), "no Deployment foo/nothing"),
        (("endpoints", "foo.nowhere"), "no pod 'foo.nowhere'"),
        (("endpoints", "thing/foo.foo"), "no workload type 'thing'"),
        (("endpoints", "kube-dns-1.kube-system"), "no sidecar"),
        (("endpoints",), "no workload is named"),
        (("endpoints", "--proxy", "sidecar"), "needs --namespace"),
        (("endpoints", "--proxy", "sidecar", "--namespace", "a", "--labels", "x"), "'x' is no label"),
        (("diff",), "nothing would change"),
        (("diff", "--label", "foo"), "write it as NAMESPACE=KEY=VALUE"),
        (("diff", "--label", "nowhere=a=b"), "no namespace 'nowhere'"),
        (("diff", "--selectors", "missing.yaml"), "missing.yaml"),
        (("diff", "--delete", "foo"), "KIND/NAME.NAMESPACE"),
        (("plan", "--label-with", "a=b,c=d"), "takes one label"),
    ],
)
def test_bad_calls_are_explained(getmesh: Run, arguments: tuple[str, ...], message: str) -> None:
    done = getmesh("discovery", *arguments, *MESH)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_invalid_selectors_are_shown_as_a_starting_istiod_takes_them(getmesh: Run, tmp_path: Path) -> None:
    selectors = tmp_path / "selectors.yaml"
    selectors.write_text("- matchExpressions: [{key: env, operator: Equals, values: [test]}]\n")
    done = getmesh("discovery", "diff", *MESH, "--selectors", str(selectors))
    assert done.returncode == 0
    assert "0 of 3 proxies" in done.stdout
    assert "operator 'Equals' does not exist" in done.stderr
    judged = getmesh("discovery", "check", *MESH, "--selectors", str(selectors))
    assert judged.returncode == 1
    assert "GM0201" in judged.stdout


def test_unreadable_documents_are_told_and_the_rest_is_shown(getmesh: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("kind: [\n")
    done = getmesh("discovery", "endpoints", "deploy/foo.foo", *MESH, "-f", str(broken))
    assert done.returncode == 2
    assert ROW_FOO in rows(done.stdout)
    assert "broken.yaml" in done.stderr


def test_another_cluster_adds_its_endpoints(getmesh: Run, tmp_path: Path) -> None:
    remote = tmp_path / "west.yaml"
    text = (EXAMPLE / "mesh.yaml").read_text().replace("10.4.4.4", "10.9.4.4").replace("bar-7f5b4", "bar-west")
    remote.write_text(text)
    done = getmesh("discovery", "endpoints", "deploy/foo.foo", *MESH, "--remote", f"west={remote}")
    assert "10.9.4.4:80 outbound|80||bar.bar.svc.cluster.local" in rows(done.stdout)
    assert getmesh("discovery", "endpoints", "deploy/foo.foo", *MESH, "--remote", "west").returncode == 2


def test_without_a_cluster_the_failure_is_explained(getmesh: Run) -> None:
    done = getmesh("discovery", "endpoints", "deploy/foo.foo")
    assert done.returncode in {2, 4}
    assert "Traceback" not in done.stderr


def test_files_over_a_saved_cluster_are_a_change_by_themselves(getmesh: Run, tmp_path: Path) -> None:
    saved = tmp_path / "mesh.snapshot"
    saved.write_bytes(encode(ClusterReading(read([str(EXAMPLE / "mesh.yaml")]).objects)))
    files = ("-f", str(EXAMPLE / "labels.yaml"), "-f", str(EXAMPLE / "operator.yaml"))
    done = getmesh("discovery", "diff", "--snapshot", str(saved), *files, "-o", "json")
    held = json.loads(done.stdout)
    assert "outbound|53||kube-dns.kube-system.svc.cluster.local" in {item["cluster"] for item in held["disappears"]}
    seen = rows(getmesh("discovery", "endpoints", "deploy/foo.foo", "--snapshot", str(saved)).stdout)
    assert {ROW_FOO, ROW_BAR} <= set(seen)


def test_a_mesh_configuration_in_helm_values_counts(getmesh: Run, tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("meshConfig:\n  discoverySelectors:\n  - matchLabels: {env: none}\n")
    done = getmesh("discovery", "endpoints", "deploy/foo.foo", *MESH, "--mesh-config", str(tmp_path / "values.yaml"))
    assert sorted(rows(done.stdout)) == sorted(STATIC)


def test_files_without_a_cluster_are_told_of_offline(getmesh: Run) -> None:
    done = getmesh("discovery", "all", *MESH[1:])
    assert done.returncode == 4
    assert "add --offline" in done.stderr
    assert "--offline" not in getmesh("discovery", "all").stderr


@pytest.mark.parametrize(
    ("mesh", "code", "said"),
    [
        ("discoverySelectors: [", "GM0213", "it cannot be read as YAML"),
        ("discoverySelectors: [{matchLabels: {env: true}}]", "GM0021", "starting one goes on with its defaults"),
        ("trustDomain: cluster.local\ndefaultConfig: {drainDuration: 1ms}", "GM0023", "istiod would discard"),
    ],
)
def test_a_mesh_configuration_that_istiod_discards_is_a_finding(
    getmesh: Run, tmp_path: Path, mesh: str, code: str, said: str
) -> None:
    meta = {"name": "istio", "namespace": "istio-system"}
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"mesh": mesh}}
    (tmp_path / "mesh.json").write_text(json.dumps(held))
    done = getmesh("discovery", "check", "--offline", "-f", str(tmp_path / "mesh.json"))
    assert done.returncode == 1
    assert code in done.stdout
    assert said in done.stderr


def test_sidecars_that_are_passed_over_are_findings_of_a_check(getmesh: Run, tmp_path: Path) -> None:
    sidecar = "{apiVersion: networking.istio.io/v1, kind: Sidecar, metadata: {name: %s, namespace: foo}, spec: %s}\n"
    everything = "{egress: [{hosts: ['*/*']}]}"
    (tmp_path / "two.yaml").write_text("---\n".join(sidecar % (name, everything) for name in ("second", "first")))
    done = getmesh("discovery", "check", *MESH, "--sidecar", str(tmp_path / "two.yaml"))
    assert done.returncode == 1
    assert "GM0214" in done.stdout
    assert "Sidecar foo/second" in done.stdout
    assert "Sidecar foo/first" not in done.stdout


def test_a_difference_names_what_its_totals_leave_out(getmesh: Run, tmp_path: Path) -> None:
    policy = "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: %s, namespace: foo}}\n"
    gateway = (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: a, namespace: foo}, "
        "spec: {gatewayClassName: istio}}\n"
    )
    (tmp_path / "more.yaml").write_text("---\n".join((policy % "a", policy % "b", gateway)))
    done = getmesh("discovery", "diff", *MESH, "-f", str(tmp_path / "more.yaml"), "--label", "foo=env=test")
    assert done.returncode == 0
    assert "what 2 AuthorizationPolicy objects add to listeners is not counted" in done.stderr
    assert "Gateways of the Gateway API are not counted" in done.stderr
    assert "not counted" not in getmesh("discovery", "diff", *MESH, "--label", "foo=env=test").stderr


@pytest.mark.parametrize("command", ["namespaces", "plan", "check"])
def test_what_istiod_cannot_use_is_said_wherever_selections_are_shown(
    getmesh: Run, tmp_path: Path, command: str
) -> None:
    meta = {"name": "istio", "namespace": "istio-system"}
    data = {"mesh": "discoverySelectors: [{matchExpressions: [{key: env, operator: Equals}]}]"}
    held = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": data}
    (tmp_path / "map.json").write_text(json.dumps(held))
    done = getmesh("discovery", command, *MESH, "-f", str(tmp_path / "map.json"))
    assert "operator 'Equals' does not exist" in done.stderr
    assert "a starting one discovers everything" in done.stderr
