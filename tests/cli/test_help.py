import shlex
import subprocess
from pathlib import Path

import click
import pytest

from getmesh.cli.app import app
from getmesh.cli.commands import COMMANDS
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = click.Context(app, info_name="getmesh")


def commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name in COMMANDS:
        command = app.get_command(CONTEXT, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", sub) for inner, sub in command.commands.items()]
    return found


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_says_what_it_does_with_an_example(name: str, command: click.Command) -> None:
    context = click.Context(command, info_name=name, parent=CONTEXT)
    text = command.get_help(context)
    assert "Usage: getmesh" in text
    if not isinstance(command, click.Group):
        assert f"getmesh {name}" in (command.epilog or ""), f"{name} shows no example of itself"


def test_help_works_through_the_entry_point(getmesh: Run) -> None:
    done = getmesh("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert name in done.stdout


def test_the_overview_imports_no_command(getmesh: Run) -> None:
    done = getmesh("--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    heavy = {
        "yaml",
        "msgspec",
        "kubernetes",
        "cryptography",
        "urllib3",
        "getmesh.rules",
        "getmesh.sources",
        "rich",
        "tuf",
    }
    assert imported & heavy == set()


@pytest.mark.parametrize(
    ("typed", "meant"), [("config-valdate", "config-validate"), ("explan", "explain"), ("complet", "completion")]
)
def test_a_mistyped_command_gets_a_suggestion(getmesh: Run, typed: str, meant: str) -> None:
    done = getmesh(typed)
    assert done.returncode == 2
    assert meant in done.stderr


def test_a_mistyped_code_gets_a_suggestion(getmesh: Run) -> None:
    done = getmesh("explain", "IST1001")
    assert done.returncode == 2
    assert "IST0101" in done.stderr or "Did you mean" in done.stderr


def examples() -> list[str]:
    """Give the calls of all epilogs that need neither cluster nor network: those that look at files or at ourselves."""
    lines = []
    for _, command in commands():
        for line in (command.epilog or "").splitlines():
            call = line.strip()
            if any(word in call for word in ("getmesh explain", "getmesh rules", "--offline", "completion", "debug")):
                lines.append(call)
    return lines


@pytest.mark.parametrize("line", examples())
def test_the_examples_run(getmesh: Run, tmp_path: Path, line: str) -> None:
    work = tmp_path / "work"
    shop = "---\n".join(file.read_text() for file in sorted((ROOT / "examples" / "shop").glob("*.yaml")))
    (work / "shop.yaml").write_text(shop)
    if "selectors.yaml" in line:
        (work / "selectors.yaml").write_text("discoverySelectors:\n- matchLabels: {env: test}\n")
    stdin = ""
    if "|" in line:
        stdin, line = shop, line.partition("|")[2].strip()
    words = shlex.split(line)
    assert words[0] == "getmesh"
    done = getmesh(*words[1:], stdin=stdin)
    assert done.returncode in {0, 1}, done.stderr


def test_unknown_shells_are_refused(getmesh: Run) -> None:
    assert getmesh("completion", "csh").returncode == 2


def test_the_bash_completion_knows_the_commands(getmesh: Run, tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(getmesh("completion", "bash").stdout)
    asked = (
        f"source {script}; COMP_WORDS=(getmesh config-validate --fail); COMP_CWORD=2; _getmesh; echo ${{COMPREPLY[*]}}"
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.split() == ["--fail-on"]


def test_a_bug_of_ours_leaves_a_crash_log_and_exit_70(getmesh: Run, tmp_path: Path) -> None:
    broken = tmp_path / "sitecustomize.py"
    broken.write_text(
        "import sys, types\n"
        "fake = types.ModuleType('getmesh.cli.rules')\n"
        "def boom(*a, **k): raise ValueError('made to fail')\n"
        "import click\n"
        "fake.rules = click.command(name='rules')(lambda: boom())\n"
        "sys.modules['getmesh.cli.rules'] = fake\n"
    )
    done = getmesh("rules", PYTHONPATH=str(tmp_path))
    assert done.returncode == 70
    assert "made to fail" in done.stderr
    assert "Traceback" not in done.stderr
    (log,) = (tmp_path / "home" / "crashes").iterdir()
    assert "Traceback" in log.read_text()


def test_a_plain_list_says_what_the_parsed_one_says(getmesh: Run) -> None:
    plain, parsed = getmesh("list"), getmesh("list", "-o", "table")
    assert plain.stdout == parsed.stdout != ""
    assert plain.stderr == parsed.stderr
    assert (plain.returncode, parsed.returncode) == (0, 0)
