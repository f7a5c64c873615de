"""By one kubeconfig the real kubectl and getmesh mean the same cluster, and go there as the same user."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from getmesh.errors import ClusterError
from getmesh.ports.kube_config import resolve
from tests.e2e.kubeconfigs import PERSON, ROWS, Bench, Row, issued, vouched
from tests.fakes.https_server import Authority
from tests.fakes.identity_provider import provider, token
from tests.fakes.kubeconfigs import CASES, WRONG, Case
from tests.rig import api as rig
from tests.rig.programs import missing, program
from tests.rig.tunnel import Tunnel, tunnel

pytestmark = pytest.mark.e2e

# What getmesh itself would send: who am I, by way of its own port.
WHO_AM_I = """
import json, sys
from getmesh.errors import GetmeshError
from getmesh.ports.kube import open_kube
review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
try:
    client = open_kube(None, None, seconds=10)
    answer = client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json.dumps(review).encode())
except GetmeshError as error:
    sys.exit(f"{error.message} {error.hint}")
print(answer.decode())
"""


class Answer(NamedTuple):
    """Who the API says that somebody is; None if there was no answer."""

    user: dict[str, Any] | None
    said: str


@pytest.fixture(scope="module")
def kubectl() -> str:
    """Give the program."""
    path = program("kubectl")
    if path is None:
        pytest.skip(missing("kubectl"))
    return str(path)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Tunnel]:
    """Give a proxy that tunnels and counts."""
    with tunnel() as found:
        yield found


@pytest.fixture
def bench(cluster: rig.Api, proxy: Tunnel, tmp_path: Path) -> Bench:
    """Give what rows are made of."""
    return Bench(cluster, tmp_path, proxy)


def environment(**more: str) -> dict[str, str]:
    """Give an environment in which no cluster is named."""
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("KUBE", "GETMESH"))}
    proxies = {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"}
    return {key: value for key, value in keep.items() if key.upper() not in proxies} | more


def ask(command: list[str], environ: dict[str, str]) -> Answer:
    """Run a program that prints a SelfSubjectReview."""
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    found = json.loads(done.stdout)["status"]["userInfo"] if done.returncode == 0 else None
    return Answer(found, done.stderr)


def view(kubectl: str, folder: Path, listed: str, context: str | None) -> subprocess.CompletedProcess[str]:
    """Let kubectl say which context it would use."""
    command = [
        kubectl,
        "config",
        "view",
        "--minify",
        "--raw",
        "-o",
        "json",
        *(["--context", context] if context else []),
    ]
    environ = environment(KUBECONFIG=listed, HOME=str(folder))
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


def write(folder: Path, *files: dict[str, Any] | None) -> str:
    """Write kubeconfigs; give them as ``KUBECONFIG`` lists them."""
    for number, content in enumerate(files):
        (folder / f"config-{number}").write_text("" if content is None else yaml.safe_dump(content))
    return ":".join(str(folder / f"config-{number}") for number in range(len(files)))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_several_files_merge_as_in_kubectl(case: Case, kubectl: str, tmp_path: Path) -> None:
    listed = write(tmp_path, *case.files)
    theirs = json.loads(view(kubectl, tmp_path, listed, case.context).stdout)
    ours = resolve(None, case.context, {"KUBECONFIG": listed})
    context = theirs["contexts"][0]["context"]
    assert (ours.context, ours.namespace) == (theirs["current-context"], context.get("namespace", "default"))
    assert ours.server == theirs["clusters"][0]["cluster"]["server"]
    assert ours.user == theirs["users"][0]["user"]


@pytest.mark.parametrize(("content", "context"), [row[:2] for row in WRONG.values()], ids=WRONG.keys())
def test_what_kubectl_refuses_is_refused(
    content: dict[str, Any], context: str | None, kubectl: str, tmp_path: Path
) -> None:
    listed = write(tmp_path, content)
    with pytest.raises(ClusterError):
        resolve(None, context, {"KUBECONFIG": listed})
    command = [kubectl, "get", "--raw", "/version", *(["--context", context] if context else [])]
    environ = environment(KUBECONFIG=listed, HOME=str(tmp_path))
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "alpha.test" not in done.stderr, "kubectl went there"


def both(kubectl: str, environ: dict[str, str], before: Callable[[], None] = lambda: None) -> tuple[Answer, Answer]:
    """Ask the API who we are, by kubectl and by getmesh."""
    theirs = ask([kubectl, "auth", "whoami", "-o", "json"], environ)
    before()
    return theirs, ask([sys.executable, "-c", WHO_AM_I], environ)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_requests_are_made_as_kubectl_makes_them(row: Row, bench: Bench, kubectl: str) -> None:
    environ = environment(HOME=str(bench.folder), **row.prepare(bench))
    bench.proxy.connected.clear()
    used: list[int] = []
    theirs, ours = both(kubectl, environ, lambda: used.append(len(bench.proxy.connected)))
    assert ours.user == theirs.user, (ours.said, theirs.said)
    assert (theirs.user or {}).get("username") == row.user, theirs.said
    assert (len(bench.proxy.connected) > used[0]) == (used[0] > 0)
    assert (used[0] > 0) == row.proxied


def test_without_a_credential_kubectl_asks_for_a_password_and_getmesh_is_anonymous(bench: Bench, kubectl: str) -> None:
    """The one difference: getmesh never asks, and says as whom it was refused."""
    theirs, ours = both(kubectl, environment(HOME=str(bench.folder), **bench.config({})))
    assert theirs.user is None
    assert (ours.user or {}).get("username") == "system:anonymous" or "anonymous" in ours.said, ours.said


def test_a_providers_token_that_is_over_is_renewed_and_kept_as_kubectl_does(bench: Bench, kubectl: str) -> None:
    authority = Authority(bench.folder)
    with provider(authority, issued(bench)) as idp:
        settings = {"id-token": token(1), "refresh-token": "refresh-1", "client-secret": "s"}
        environ = environment(
            HOME=str(bench.folder),
            **vouched(bench, idp.address, **settings, **{"idp-certificate-authority": str(authority.ca_file)}),
        )
        path, kept = Path(environ["KUBECONFIG"]), []
        before = path.read_text()

        def again() -> None:
            kept.append(yaml.safe_load(path.read_text())["users"])
            path.write_text(before)

        theirs, ours = both(kubectl, environ, again)
    assert (theirs.user or {}).get("username") == PERSON, theirs.said
    assert ours.user == theirs.user, ours.said
    assert yaml.safe_load(path.read_text())["users"] == kept[0]
    assert [form["refresh_token"] for form in idp.asked] == ["refresh-1", "refresh-1"]


def test_inside_a_pod_its_service_account_is_used(cluster: rig.Api, kubectl: str, tmp_path: Path) -> None:
    """A mount namespace of its own puts the account's files where a pod has them."""
    cluster.create([{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "checker"}}])
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = "/api/v1/namespaces/default/serviceaccounts/checker/token"
    token = cluster.call("POST", path, asked)["status"]["token"]
    files = {"token": token, "ca.crt": cluster.authority.read_text(), "namespace": "default"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    place = "/run/secrets/kubernetes.io/serviceaccount"
    pod = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    files_there = " ".join(str(tmp_path / name) for name in files)
    script = f'mount -t tmpfs tmpfs /run && mkdir -p {place} && cp {files_there} {place} && exec "$@"'
    if subprocess.run([*pod, script, "sh", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let users mount, so nothing can look like a pod")
    environ = environment(
        HOME=str(tmp_path), KUBERNETES_SERVICE_HOST="127.0.0.1", KUBERNETES_SERVICE_PORT=str(cluster.port)
    )
    theirs = ask([*pod, script, "sh", kubectl, "auth", "whoami", "-o", "json"], environ)
    ours = ask([*pod, script, "sh", sys.executable, "-c", WHO_AM_I], environ)
    assert theirs.user is not None, theirs.said
    assert theirs.user["username"] == "system:serviceaccount:default:checker"
    assert ours.user == theirs.user, ours.said
