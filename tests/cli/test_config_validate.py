import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"

FAULTY = """apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: cart
  namespace: shop
spec:
  hosts: [cart]
  http:
    - route:
        - destination:
            host: nowhere
"""
CLEAN = """apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {istio-injection: enabled}
"""


def findings(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(text)["findings"]
    return found


def test_a_fault_is_found_at_its_line_and_column(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "--select", "IST0101", "-o", "json", "-", stdin=FAULTY)
    (finding,) = findings(done.stdout)
    assert (finding["code"], finding["path"]) == ("IST0101", "spec.http[0].route[0].destination.host")
    assert (finding["file"], finding["line"], finding["column"]) == ("-", 11, 19)
    assert done.returncode == 1


def test_the_document_has_the_keys_of_the_contract(getmesh: Run) -> None:
    document = json.loads(getmesh("config-validate", "--offline", "-o", "json", "-", stdin=FAULTY).stdout)
    assert document["schema"] == "getmesh/findings/v1"
    assert set(document) == {
        "schema", "getmesh", "mode", "istioVersion", "complete", "notEvaluated", "summary", "inputErrors", "findings",
    }  # fmt: skip
    assert document["mode"] == "offline"
    assert document["summary"]["objects"] == 1


@pytest.mark.parametrize("output", ["table", "json", "yaml", "sarif", "junit", "github", "markdown", "html", "name"])
def test_the_exit_code_is_the_same_in_every_format(getmesh: Run, output: str) -> None:
    assert getmesh("config-validate", "--offline", "-o", output, "-", stdin=FAULTY).returncode == 1
    assert getmesh("config-validate", "--offline", "-o", output, "-", stdin=CLEAN).returncode == 0
    assert getmesh("config-validate", "--offline", "-o", output, "-", stdin="a: [").returncode == 2


def test_the_gate_decides_between_0_and_1(getmesh: Run) -> None:
    call = ("config-validate", "--offline", "--select", "IST0102", "-")
    unlabelled = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    assert getmesh(*call, stdin=unlabelled).returncode == 0
    assert getmesh(*call, "--fail-on", "info", stdin=unlabelled).returncode == 1
    assert getmesh(*call, "--fail-on", "never", stdin=unlabelled).returncode == 0


def test_a_broken_document_does_not_hide_findings_of_the_others(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "-o", "json", "-", stdin=f"a: [\n---\n{FAULTY}")
    assert done.returncode == 2
    assert "IST0101" in {finding["code"] for finding in findings(done.stdout)}
    (fault,) = json.loads(done.stdout)["inputErrors"]
    assert fault["file"] == "-"
    assert "-:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--offline", "missing.yaml"), "missing.yaml"),
        (("--offline",), "--offline needs files"),
        (("--offline", "-", "--select", "IST0999"), "IST0999"),
        (("--offline", "-", "--ignore", "KIAX"), "KIAX"),
        (("--offline", "-", "-o", "pdf"), "pdf"),
        (("--offline", "-", "--fial-on", "error"), "--fail-on"),
        (("--offline", "-", "--istio-version", "new"), "new"),
        (("--offline", "-", "--suppress", "IST0101"), "CODE=RESOURCE"),
        (("--offline", "-", "--baseline", "missing.json"), "missing.json"),
        (("--offline", "-", "--mesh-config", "missing.yaml"), "missing.yaml"),
    ],
)
def test_bad_use_is_a_clear_error_and_exit_2(getmesh: Run, arguments: tuple[str, ...], said: str) -> None:
    done = getmesh("config-validate", *arguments, stdin=CLEAN)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_to_check_is_said_and_is_no_failure(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "-", stdin="# only a comment\n")
    assert done.returncode == 0
    assert "nothing to check" in done.stderr
    assert done.stdout == ""


def test_an_annotation_hides_a_finding_and_is_counted(getmesh: Run) -> None:
    quiet = FAULTY.replace(
        "namespace: shop", "namespace: shop\n  annotations: {galley.istio.io/analyze-suppress: IST0101}"
    )
    done = getmesh("config-validate", "--offline", "--select", "IST0101", "-o", "json", "-", stdin=quiet)
    assert findings(done.stdout) == []
    assert json.loads(done.stdout)["summary"]["suppressed"] == 1
    assert done.returncode == 0


def test_a_comment_above_the_line_hides_a_finding(getmesh: Run, tmp_path: Path) -> None:
    file = tmp_path / "cart.yaml"
    file.write_text(
        FAULTY.replace(
            "            host: n", "            # getmesh: ignore IST0101 -- comes later\n            host: n"
        )
    )
    done = getmesh("config-validate", "--offline", "--select", "IST0101", "-o", "json", str(file))
    assert findings(done.stdout) == []
    assert json.loads(done.stdout)["summary"]["suppressed"] == 1


def test_suppress_takes_wildcards_as_istioctl_does(getmesh: Run) -> None:
    call = ("config-validate", "--offline", "--select", "IST0101", "-", "--suppress")
    assert getmesh(*call, "IST0101=VirtualService *.shop", stdin=FAULTY).returncode == 0
    assert getmesh(*call, "IST0101=VirtualService *.other", stdin=FAULTY).returncode == 1


def test_a_baseline_accepts_what_is_known(getmesh: Run, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    first = getmesh("config-validate", "--offline", "-o", "json", "--output-file", str(known), "-", stdin=FAULTY)
    assert (first.returncode, first.stdout) == (1, "")
    again = getmesh("config-validate", "--offline", "--baseline", str(known), "-o", "json", "-", stdin=FAULTY)
    assert again.returncode == 0
    assert findings(again.stdout) == []
    assert json.loads(again.stdout)["summary"]["baseline"] > 0


def test_the_project_configuration_is_found_upwards(getmesh: Run, tmp_path: Path) -> None:
    (tmp_path / ".getmesh.toml").write_text('[severity]\nIST0101 = "info"\n')
    done = getmesh("config-validate", "--offline", "--select", "IST0101", "-o", "json", "-", stdin=FAULTY)
    assert [finding["severity"] for finding in findings(done.stdout)] == ["info"]
    assert done.returncode == 0
    (tmp_path / ".getmesh.toml").write_text('ingore = ["IST0101"]\n')
    wrong = getmesh("config-validate", "--offline", "-", stdin=FAULTY)
    assert wrong.returncode == 2
    assert "Did you mean ignore" in wrong.stderr


def test_a_code_that_kiali_leaves_out_runs_when_it_is_named_or_kialis_list_is_emptied(
    getmesh: Run, tmp_path: Path
) -> None:
    bare = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop, labels: {app: a}}\n"

    def codes(*options: str) -> set[object]:
        done = getmesh("config-validate", "--offline", "-o", "json", *options, "-", stdin=bare)
        return {finding["code"] for finding in findings(done.stdout)} & {"KIA1301"}

    assert codes() == codes("--select", "KIA") == set()
    assert codes("--select", "KIA1301") == {"KIA1301"}
    (tmp_path / ".getmesh.toml").write_text("[kiali]\nignore = []\n")
    assert codes() == {"KIA1301"}


def test_namespaces_limit_what_is_reported_not_what_is_read(getmesh: Run) -> None:
    other = FAULTY.replace("namespace: shop", "namespace: other")
    done = getmesh("config-validate", "--offline", "-n", "other", "-o", "json", "-", stdin=f"{FAULTY}---\n{other}")
    assert {finding["object"]["namespace"] for finding in findings(done.stdout)} == {"other"}  # type: ignore[index]  # JSON


def test_the_table_keeps_the_columns_of_the_original(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "-", stdin=FAULTY)
    head = done.stdout.splitlines()[0]
    assert [part.strip() for part in head.split("   ") if part.strip()] == [
        "NAMESPACE", "NAME", "RESOURCE TYPE", "ERROR CODE", "SEVERITY", "MESSAGE",
    ]  # fmt: skip
    assert "\x1b" not in done.stdout


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m getmesh config-validate --offline {SHOP} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=60, env=os.environ)
    assert done.stderr.count(b"Traceback") == 0
    assert b"BrokenPipe" not in done.stderr


def test_a_terminal_that_knows_only_ascii_gets_escapes(getmesh: Run) -> None:
    snow = FAULTY.replace("nowhere", "schnee-☃")
    done = getmesh("config-validate", "--offline", "--select", "IST0101", "-", stdin=snow, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "\\u2603" in done.stdout


def test_a_read_only_home_is_no_obstacle(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "-", stdin=FAULTY, GETMESH_HOME="/proc/nowhere")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_the_example_shop_has_faults_of_both_families(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "-o", "json", str(SHOP))
    codes = {str(finding["code"]) for finding in findings(done.stdout)}
    assert {"IST0101", "KIA0203", "KIA1101", "KIA1102", "KIA0301", "IST0130"} <= codes
    assert json.loads(done.stdout)["inputErrors"] == []


def test_a_namespace_that_is_no_object_of_the_input_is_passed_over_in_silence(getmesh: Run) -> None:
    """So that one team's files can be judged without a warning for each object (istio/istio#38986)."""
    done = getmesh("config-validate", "--offline", "--select", "IST", "-n", "shop", "-", stdin=FAULTY)
    assert done.returncode == 1
    assert "Namespace" not in done.stdout + done.stderr
