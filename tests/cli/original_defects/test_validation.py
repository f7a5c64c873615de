"""Defects D20 to D26 of the original getmesh: config-validate. Each number is one test."""

import json
import re
from pathlib import Path

import yaml

from tests.cli.cluster_world import HOSTS, obj, report, route, seen, world, write
from tests.cli.conftest import Run
from tests.fakes.kube_api import KubeApi, serving, status

SOURCES = Path(__file__).resolve().parents[3] / "src" / "getmesh"
CLASHING = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"


def test_d20_one_report_is_about_one_cluster(getmesh: Run, tmp_path: Path) -> None:
    mine, theirs = KubeApi([]), KubeApi(world())
    with serving(mine, tmp_path / "mine"), serving(theirs, tmp_path / "theirs"):
        call = ("config-validate", "--kubeconfig", str(tmp_path / "theirs"), "-o", "json")
        done = getmesh(*call, KUBECONFIG=str(tmp_path / "mine"))
        assert {code[:3] for code, _ in seen(done)} >= {"IST", "KIA"}, "both halves looked there"
    assert theirs.asked
    assert mine.asked == []


def test_d21_nothing_is_lost_between_finding_and_report(getmesh: Run, tmp_path: Path) -> None:
    folder = tmp_path / "my files (v1.2): new"
    folder.mkdir()
    file = write(folder, obj("v1", "Namespace", "shop"), route("wrong", "shop", "crat"))
    done = getmesh("config-validate", "--offline", file, "-o", "json", "--select", "IST0101,IST0102,KIA1101")
    assert {("IST0102", "/shop"), ("IST0101", "shop/wrong"), ("KIA1101", "shop/wrong")} == seen(done)
    assert {finding["file"] for finding in report(done)["findings"]} == {file}
    assert all(finding["line"] > 0 and finding["message"] for finding in report(done)["findings"])


def test_d22_files_without_a_namespace_are_reported_where_they_would_live(getmesh: Run, tmp_path: Path) -> None:
    file = write(tmp_path, route("wrong", "", "crat"))
    for words in ([], ["-n", "default"]):
        done = getmesh("config-validate", "--offline", file, *HOSTS, *words, "-o", "json")
        assert seen(done) == {("KIA1101", "default/wrong")}


def test_d23_every_kind_of_input_is_read(getmesh: Run, tmp_path: Path) -> None:
    objects = [route(name, "shop", "crat") for name in ("one", "two", "three", "four")]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.yaml").write_text(yaml.safe_dump(objects[0]))
    (tmp_path / "in" / "two.yml").write_text(yaml.safe_dump(objects[1]))
    (tmp_path / "in" / "three.json").write_text(json.dumps(objects[2]))
    call = ("config-validate", "--offline", str(tmp_path / "in"), "-", *HOSTS, "-o", "json")
    done = getmesh(*call, stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects[3:]}))
    assert {name for _, name in seen(done)} == {"shop/one", "shop/two", "shop/three", "shop/four"}
    unread = getmesh("config-validate", "--offline", str(tmp_path / "in" / "nothing.yaml"))
    assert unread.returncode == 2, "what cannot be read is never healthy"


def test_d24_a_kind_that_may_not_be_read_ends_neither_process_nor_report(getmesh: Run, tmp_path: Path) -> None:
    api = KubeApi(world())
    api.faults.append(lambda request: status(403, "no") if request.path.endswith("/gateways") else None)
    with serving(api, tmp_path / "kubeconfig"):
        done = getmesh("config-validate", "-o", "json", KUBECONFIG=str(tmp_path / "kubeconfig"))
    assert ("KIA1101", "shop/wrong") in seen(done)
    assert report(done)["complete"] is False
    leaving = re.compile(r"\b(sys\.exit|os\._exit|os\.abort)\(")
    files = {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py") if leaving.search(path.read_text())}
    assert files == {"__main__.py"}, "nothing but the entry point ends the process"


def test_d25_namespaces_that_only_files_know_are_judged(getmesh: Run, tmp_path: Path) -> None:
    api = KubeApi(world())
    files = write(tmp_path, obj("v1", "Namespace", "fresh"), route("wrong", "fresh", "crat"))
    with serving(api, tmp_path / "kubeconfig"):
        call = ("config-validate", files, *HOSTS, "-o", "json")
        done = getmesh(*call, KUBECONFIG=str(tmp_path / "kubeconfig"))
    assert seen(done) == {("KIA1101", "fresh/wrong")}
    lists = [path for path in api.paths("/virtualservices") if "/namespaces/" not in path]
    assert len(lists) == len(api.paths("/virtualservices")), "one pass, not one for each namespace"


def test_d26_files_need_neither_cluster_nor_istioctl_and_codes_tell_what_happened(getmesh: Run, tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path), "KUBECONFIG": str(tmp_path / "none")}
    clean, faulty = write(tmp_path, route("x", "shop", "y.example.com")), tmp_path / "faulty.yaml"
    faulty.write_text(yaml.safe_dump(route("wrong", "shop", "crat")))
    call = ("config-validate", "--offline", "--select", "IST0101,IST0102")
    assert getmesh(*call, str(faulty), **bare).returncode == 1
    assert getmesh(*call, "-", stdin=CLASHING, **bare).returncode == 0, "information is no failure"
    assert getmesh(*call, "-", "--fail-on", "info", stdin=CLASHING, **bare).returncode == 1
    assert getmesh(*call, "-", stdin="a: [", **bare).returncode == 2
    assert getmesh("config-validate", clean, **bare).returncode == 4, "without --offline a cluster is meant"
    assert getmesh(*call, str(faulty), "--suppress", "IST0101=*", **bare).returncode == 0
    assert json.loads(getmesh(*call, str(faulty), "-o", "sarif", **bare).stdout)["version"] == "2.1.0"
