"""``config-validate --fix`` on real files."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
BEFORE = """\
# routes of the cart
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop, labels: {version: 2}}  # a number
spec:
  hosts: [cart]
  http:
    - rout:            # typo
        - destination:
            host: cart
            port: {number: "8080"}   # quoted
"""
AFTER = BEFORE.replace("version: 2}", 'version: "2"}').replace("rout:", "route:").replace('"8080"', "8080")


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    file = tmp_path / "work" / "cart.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(BEFORE, encoding="utf-8")
    file.chmod(0o640)
    return file


def test_files_are_mended_and_judged_again(getmesh: Run, routes: Path) -> None:
    done = getmesh("config-validate", "--offline", "cart.yaml", "--select", "GM", "--fix")
    assert routes.read_text(encoding="utf-8") == AFTER
    assert routes.stat().st_mode & 0o777 == 0o640
    assert "mended 3 places" in done.stderr
    assert done.returncode == 0


def test_a_diff_changes_nothing(getmesh: Run, routes: Path) -> None:
    done = getmesh("config-validate", "--offline", "cart.yaml", "--select", "GM", "--fix", "--diff")
    assert routes.read_text(encoding="utf-8") == BEFORE
    assert "-    - rout:            # typo\n+    - route:            # typo\n" in done.stdout
    assert "would mend 2 places" in done.stderr
    assert done.returncode == 1


def test_nothing_to_mend_is_clean(getmesh: Run, routes: Path) -> None:
    routes.write_text(AFTER, encoding="utf-8")
    done = getmesh("config-validate", "--offline", "cart.yaml", "--select", "GM", "--fix", "--diff")
    assert (done.returncode, done.stdout) == (0, "")


def test_suppressed_findings_are_not_mended(getmesh: Run, routes: Path) -> None:
    text = BEFORE.replace("# typo", "# getmesh: ignore GM0001 -- generated")
    routes.write_text(text, encoding="utf-8")
    getmesh("config-validate", "--offline", "cart.yaml", "--select", "GM", "--fix")
    assert routes.read_text(encoding="utf-8") == text.replace("version: 2}", 'version: "2"}')


def test_standard_input_is_only_shown(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "-", "--select", "GM", "--fix", stdin=BEFORE)
    assert "mended 0 places; 2 more cannot be mended safely" in done.stderr
    done = getmesh("config-validate", "--offline", "-", "--select", "GM", "--fix", "--diff", stdin=BEFORE)
    assert '+metadata: {name: cart, namespace: shop, labels: {version: "2"}}  # a number' in done.stdout


def test_a_diff_alone_is_asked_back(getmesh: Run) -> None:
    done = getmesh("config-validate", "--offline", "-", "--diff", stdin=BEFORE)
    assert done.returncode == 2
    assert "--fix" in done.stderr
