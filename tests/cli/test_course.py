"""The walk-through of a course on Istio, line by line, with the command as install.sh installs it."""

import hashlib
import os
import pty
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.cluster_world import obj, route, write
from tests.cli.test_ca import COURSE, ROOT
from tests.cli.test_discovery import EXAMPLE, ROW_BAR, ROW_FOO, STATIC, rows
from tests.fakes import cluster, google_cas, kube_api, secrets_api
from tests.fakes.authorities import make
from tests.fakes.https_server import Authority, Proxy, serve
from tests.fakes.people import PROGRAM, ReleaseUser

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
SCRIPT = Path(__file__).resolve().parents[2] / "install.sh"
VERSIONS = {"1.31.1": "", "1.9.0": "1.9.0-tetratefips-v1", "1.9.5": "1.9.5-tetrate-v0"}


class Student:
    """Somebody with a terminal, a cluster that a test serves, and nothing installed."""

    def __init__(self, folder: Path, person: ReleaseUser, wheel: Path) -> None:
        self.folder, self.person, self.wheel = folder, person, wheel
        self.kubeconfig = folder / "kubeconfig"
        self.command = folder / "bin" / "getmesh"
        libraries = {"PYTHONPATH": sysconfig.get_path("purelib"), "RECORD": str(folder / "record")}
        self.environ = person.environ | libraries | {"KUBECONFIG": str(self.kubeconfig), "NO_PROXY": "127.0.0.1"}

    def install(self) -> str:
        """Take the one line in a shell."""
        digest = hashlib.sha256(self.wheel.read_bytes()).hexdigest()
        where = ["--prefix", str(self.person.home), "--bin", str(self.command.parent), "--python", sys.executable]
        call = ["sh", str(SCRIPT), *where, "--wheel", str(self.wheel), "--sha256", digest]
        return "".join(self._run(call))

    def getmesh(self, *words: str, code: int = 0) -> str:
        """Run the command and give what it printed and what it remarked."""
        return "".join(self._run([str(self.command), *words], code))

    def table(self, *words: str) -> list[str]:
        """Run a command of discovery and give endpoint and cluster of each row."""
        return rows(self._run([str(self.command), *words])[0])

    def answer(self, answer: str, *words: str) -> str:
        """Run the command on a terminal, answer its question, and give the screen."""
        master, slave = pty.openpty()
        with subprocess.Popen(
            [self.command, *words], stdin=slave, stdout=slave, stderr=slave, env=self.environ, cwd=self.folder
        ) as child:
            os.close(slave)
            os.write(master, f"{answer}\n".encode())
            screen = b""
            try:
                while chunk := os.read(master, 4096):
                    screen += chunk
            except OSError:  # the terminal ends with the child
                assert child.wait(timeout=60) == 0, screen.decode()
        os.close(master)
        return screen.decode()

    def _run(self, call: list[str], code: int = 0) -> tuple[str, str]:
        done = subprocess.run(
            call, env=self.environ, cwd=self.folder, capture_output=True, text=True, check=False, timeout=180
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr


@pytest.fixture
def student(tmp_path: Path, wheel: Path) -> Iterator[Student]:
    authority = Authority(tmp_path)
    with serve(authority) as site:
        proxy = Proxy(site.port)
        person = ReleaseUser(tmp_path, site, authority, proxy)
        person.publish("1.31.1", content=PROGRAM.replace(b"VERSION", b"client version: 1.31.1"))
        yield Student(tmp_path, person, wheel)
        proxy.close()


def test_every_line_of_the_course_works(student: Student) -> None:
    assert "1.31.1-istio-v0 is active" in student.install()
    _versions_and_installation(student)
    _validation(student)
    _builds(student)
    _certificates(student)
    _endpoints(student)


def _versions_and_installation(student: Student) -> None:
    api = cluster.FakeApi()
    with cluster.served(api, student.kubeconfig):
        text = student.getmesh("version")
        for said in ("getmesh version: ", "active istioctl: 1.31.1-istio-v0", "no running Istio pods in istio-system"):
            assert said in text
        api.pods = [cluster.istiod("1.31.1"), cluster.proxy("web", "1.31.1")]
        api.deployments["istio-system"] = [cluster.ready()]
        screen = student.answer("y", "istioctl", "install", "--set", "profile=demo")
        for said in ("Kubernetes 1.33", "Go on?", "client version: 1.31.1 install --set profile=demo", "are ready"):
            assert said in screen
        text = student.getmesh("version")
        assert "control plane version: 1.31.1" in text
        assert "data plane version: 1.31.1 (1 proxy)" in text


def _validation(student: Student) -> None:
    fresh = [obj("v1", "Namespace", "istio-system"), obj("v1", "Namespace", "default")]
    with kube_api.serving(kube_api.KubeApi(fresh), student.kubeconfig):
        head, *found = student.getmesh("config-validate").splitlines()
        assert head.split("  ")[0] == "NAMESPACE"
        for title in ("NAME", "RESOURCE TYPE", "ERROR CODE", "SEVERITY", "MESSAGE"):
            assert title in head
        assert found[0].split()[:5] == ["default", "default", "Namespace", "IST0102", "info"]
        assert any("getmesh explain" in line for line in found)
        Path(write(student.folder, route("web", "default", "wbe"))).rename(student.folder / "my-resources.yaml")
        assert "KIA1101" in student.getmesh("config-validate", "my-resources.yaml", code=1)


def _builds(student: Student) -> None:
    assert "*1.31.1 " in student.getmesh("list")
    fips = ("fetch", "--version", "1.9.0", "--flavor", "tetratefips", "--flavor-version", "1")
    told = student.getmesh(*fips, code=2)
    (by_hand,) = [line.partition("then: getmesh ")[2].split() for line in told.splitlines() if "--archive" in line]
    for version, name in VERSIONS.items():
        if name:
            program = PROGRAM.replace(b"VERSION", f"client version: {version}".encode())
            digest = hashlib.sha256(Path(student.person.archive(name, program)).read_bytes()).hexdigest()
            words = [word.replace("1.9.0-tetratefips-v1", name).replace("HEX", digest) for word in by_hand]
            assert f"{name} is active" in student.getmesh(*words), "as the message said"
    assert student.getmesh("show").splitlines()[1:] == ["1.9.5-tetrate-v0 (Active)", "1.31.1-istio-v0"]
    assert "fetched already" in student.getmesh(*fips)
    assert "1.9.0-tetratefips-v1 (Active)" in student.getmesh("show")
    assert student.getmesh("istioctl", "version").startswith("client version: 1.9.0 version")
    student.getmesh("switch", "--version", "1.9.5", "--flavor", "tetrate", "--flavor-version", "0")
    assert "1.9.5-tetrate-v0 (Active)" in student.getmesh("show")


def _certificates(student: Student) -> None:
    api = secrets_api.SecretsApi("istio-system")
    fake = google_cas.FakeCas(make("subordinate", ROOT, days=1000), ROOT)
    with ExitStack() as stack:
        stack.enter_context(secrets_api.served(api, student.kubeconfig))
        endpoint = stack.enter_context(google_cas.served(fake))
        text = COURSE.replace("casCAName:", f'endpoint: "{endpoint}"\n    casCAName:')
        (student.folder / "gcp-cas-config.yaml").write_text(text)
        student.getmesh("gen-ca", "--config-file", "gcp-cas-config.yaml")
    assert api.secret("cacerts") is not None


def _endpoints(student: Student) -> None:
    mesh = ("discovery", "endpoints", "deploy/foo.foo", "--offline", "-f", str(EXAMPLE / "mesh.yaml"))
    selectors = ("--selectors", str(EXAMPLE / "operator.yaml"))
    assert {ROW_FOO, ROW_BAR, *STATIC} <= set(student.table(*mesh))
    assert student.table(*mesh, *selectors, "--label", "foo=env=test") == [ROW_FOO, *STATIC]
    both = ("--label", "foo=env=test", "--label", "bar=env=test")
    assert student.table(*mesh, *selectors, *both) == [ROW_FOO, ROW_BAR, *STATIC]
    call = ("istioctl", "proxy-config", "endpoints", "deploy/foo.foo")
    student.kubeconfig.write_text("")
    assert student.getmesh(*call) == "client version: 1.9.5 proxy-config endpoints deploy/foo.foo\n"
