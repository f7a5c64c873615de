from pathlib import Path

import pytest

from getmesh.distributions.calls import command_of, flag_value, positions
from getmesh.distributions.contexts import context_key, recall, remembered
from getmesh.distributions.install import hub_of, read_call, with_hub
from getmesh.distributions.records import render


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("install --set profile=demo", "install"),
        ("-n install proxy-status", "proxy-status"),
        ("--namespace=install ps", "ps"),
        ("--context install version", "version"),
        ("-i istio-system upgrade", "upgrade"),
        ("-nfoo install", "install"),
        ("--log_as_json install", "install"),
        ("analyze install", "analyze"),
        ("analyze -f install", "analyze"),
        ("kube-inject -f upgrade.yaml", "kube-inject"),
        ("-- install", ""),
        ("--vklog=3 manifest generate", "manifest"),
        ("", ""),
    ],
)
def test_the_command_is_found_by_position(line: str, command: str) -> None:
    assert command_of(line.split()) == command


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("install", "install"),
        ("upgrade -y", "upgrade"),
        ("manifest generate", "generate"),
        ("manifest apply", "install"),
        ("manifest diff a b", ""),
        ("install --help", ""),
        ("x precheck", ""),
        ("analyze -n install", ""),
        ("manifest", ""),
    ],
)
def test_installing_is_told_by_the_command_alone(line: str, verb: str) -> None:
    assert read_call(line.split()).verb == verb


def test_positions_of_two_words_are_found_among_flags() -> None:
    assert positions(["-n", "a", "manifest", "--x=y", "generate", "-f", "z"]) == [2, 4]


@pytest.mark.parametrize(
    "line", ["--kubeconfig f", "--kubeconfig=f", "-c f", "-cf", "-c=f", "-c g install --kubeconfig f"]
)
def test_flags_are_read_in_each_spelling(line: str) -> None:
    assert flag_value(line.split(), "--kubeconfig", "-c") == "f"


def test_what_comes_after_two_dashes_is_no_flag() -> None:
    assert flag_value(["--", "-c", "f"], "--kubeconfig", "-c") is None


def test_a_call_is_read_whole() -> None:
    call = read_call(
        [
            "--context",
            "prod",
            "install",
            "-i",
            "mesh",
            "--revision=blue",
            "-f",
            "a.yaml,b.yaml",
            "-f",
            "c.yaml",
            "--set",
            "hub=x",
            "-s",
            "values.y=z",
            "-y",
        ]
    )
    assert (call.namespace, call.revision, call.yes, call.dry_run) == ("mesh", "blue", True, False)
    assert call.files == ("a.yaml", "b.yaml", "c.yaml")
    assert call.settings == ("hub=x", "values.y=z")
    assert read_call(["install", "--set", "revision=green", "--dry-run"]).revision == "green"


@pytest.mark.parametrize(
    "line", ["--set hub=reg/x", "--set=hub=reg/x", "-s values.global.hub=reg/x", "--set a=b,hub=reg/x"]
)
def test_a_hub_in_the_arguments_is_seen(line: str) -> None:
    assert hub_of(read_call(["install", *line.split()])) == "reg/x"


@pytest.mark.parametrize(
    "text", ["spec: {hub: reg/x}", "spec: {values: {global: {hub: reg/x}}}", "a: 1\n---\nspec: {hub: reg/x}"]
)
def test_a_hub_in_a_file_is_seen(tmp_path: Path, text: str) -> None:
    file = tmp_path / "operator.yaml"
    file.write_text(text)
    assert hub_of(read_call(["install", "-f", str(file)])) == "reg/x"


def test_files_that_cannot_be_looked_at_are_named(tmp_path: Path) -> None:
    assert hub_of(read_call(["install", "-f", "-"])) == "(-)"
    assert hub_of(read_call(["install", "-f", str(tmp_path / "none.yaml")])) is None
    assert hub_of(read_call(["install", "--set", "profile=demo"])) is None


def test_the_hub_goes_before_two_dashes() -> None:
    assert with_hub(["install", "--", "x"], "h") == ["install", "--set", "hub=h", "--", "x"]
    assert with_hub(["install"], "h") == ["install", "--set", "hub=h"]


def test_an_answer_of_a_cluster_holds_for_its_kubeconfig_and_context(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("a")
    environ = {"KUBECONFIG": str(config)}
    key, other = context_key(environ, []), context_key(environ, ["--context", "b"])
    assert key
    assert other
    assert key != other
    fields = remembered(str(tmp_path), key, "1.30.5-istio-v0", 1000)

    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "contexts").write_bytes(render("contexts", fields))
    assert recall(str(tmp_path), key, 1001) == "1.30.5-istio-v0"
    assert recall(str(tmp_path), other, 1001) is None
    assert recall(str(tmp_path), key, 1000 + 601) is None
    config.write_text("changed")
    assert context_key(environ, []) != key
    assert context_key({"KUBECONFIG": "/nowhere"}, []) is None
