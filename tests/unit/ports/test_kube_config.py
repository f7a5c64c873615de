"""Kubeconfig files mean to us what they mean to kubectl (client-go's clientcmd)."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.errors import ClusterError
from getmesh.ports.kube_access import configure, open_access
from getmesh.ports.kube_config import Target, contexts, remote_target, resolve
from tests.fakes.kubeconfigs import CASES, ONE, TWO, WRONG, Case, config

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write kubeconfigs; give the folder."""

    def put(*files: dict[str, Any] | None) -> Path:
        for number, content in enumerate(files):
            text = "" if content is None else yaml.safe_dump(content)
            (tmp_path / f"config-{number}").write_text(text)
        return tmp_path

    return put


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_several_files_merge_as_kubectl_merges_them(case: Case, write: Write) -> None:
    folder = write(*case.files)
    listed = ":".join(str(folder / f"config-{number}") for number in range(len(case.files)))
    target = resolve(None, case.context, {"KUBECONFIG": listed})
    assert (target.context, target.server, target.namespace) == case.expected


def test_missing_files_of_the_list_are_passed_over_but_not_one_named_by_the_flag(write: Write) -> None:
    folder = write(ONE)
    environ = {"KUBECONFIG": f"{folder}/nowhere:{folder}/config-0"}
    assert resolve(None, None, environ).context == "one"
    with pytest.raises(ClusterError, match="does not exist"):
        resolve(f"{folder}/nowhere", None, environ)


def test_the_flag_stands_alone_and_home_is_the_last_resort(write: Write) -> None:
    folder = write(ONE, TWO)
    environ = {"KUBECONFIG": f"{folder}/config-0", "HOME": str(folder)}
    assert resolve(f"{folder}/config-1", None, environ).context == "two"
    (folder / ".kube").mkdir()
    (folder / ".kube" / "config").write_text(yaml.safe_dump(TWO))
    assert resolve(None, None, {"HOME": str(folder)}).context == "two"


def test_contexts_are_listed_and_those_of_one_user_are_siblings(write: Write) -> None:
    folder = write(ONE, TWO)
    environ = {"KUBECONFIG": f"{folder}/config-0:{folder}/config-1"}
    assert contexts(None, environ) == ("one", "other", "third", "two")
    assert resolve(None, None, environ).siblings == ("pay", "shop")


@pytest.mark.parametrize(("content", "context", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_missing_is_named(content: dict[str, Any], context: str | None, message: str, write: Write) -> None:
    folder = write(content)
    with pytest.raises(ClusterError, match=message):
        resolve(f"{folder}/config-0", context, {})


@pytest.mark.parametrize("text", ["- a", "a: [", "\x00"])
def test_a_file_that_is_no_kubeconfig_is_an_error_of_the_environment(text: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(ClusterError):
        resolve(f"{tmp_path}/config", None, {})


def test_relative_paths_belong_to_the_file_that_holds_them(tmp_path: Path) -> None:
    cluster_folder, user_folder = tmp_path / "a", tmp_path / "b"
    cluster_folder.mkdir()
    user_folder.mkdir()
    whole = config("one", one=("alpha", "ann", "shop"))
    whole["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"
    user = {"client-certificate": "me.crt", "client-key": "keys/me.key", "exec": {"command": "./login"}}
    parts: list[tuple[Path, dict[str, Any]]] = [
        (cluster_folder, {**whole, "users": []}),
        (user_folder, {"users": [{"name": "ann", "user": user}]}),
    ]
    for folder, part in parts:
        (folder / "config").write_text(yaml.safe_dump(part))
    target = resolve(None, None, {"KUBECONFIG": f"{cluster_folder}/config:{user_folder}/config"})
    assert target.cluster["certificate-authority"] == f"{cluster_folder}/ca.crt"
    assert target.user["client-certificate"] == f"{user_folder}/me.crt"
    assert target.user["client-key"] == f"{user_folder}/keys/me.key"
    assert Path(target.user["exec"]["command"]) == user_folder / "login"


def target(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> Target:
    """Give a context."""
    return Target("c", "default", {"server": "https://alpha.test", **(cluster or {})}, user or {})


def test_a_tokens_file_is_read_and_basic_credentials_are_encoded(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file")
    user = {"tokenFile": f"{tmp_path}/token"}
    assert configure(target(user=user)).api_key == {"BearerToken": "Bearer from-file"}
    assert configure(target(user={"username": "u", "password": "p"})).api_key == {"BearerToken": "Basic dTpw"}


def test_a_credential_program_gives_the_token(tmp_path: Path) -> None:
    credential = (
        '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "fresh"}}'
    )
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable}
    user = {"exec": {**program, "args": ["-c", f"print('{credential}')"]}}
    assert configure(target(user=user)).api_key == {"BearerToken": "Bearer fresh"}
    del tmp_path


def test_a_token_beside_a_credential_program_wins_and_the_program_does_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(marker)]}
    assert configure(target(user={"token": "given", "exec": program})).api_key == {"BearerToken": "Bearer given"}
    assert not marker.exists()


def test_a_credential_program_that_fails_stops_the_call_and_says_why() -> None:
    script = "import sys; sys.exit('please log in')"
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": ["-c", script]}
    with pytest.raises(ClusterError, match="gave no credential") as caught:
        configure(target(user={"exec": program}))
    assert "please log in" in caught.value.hint


def test_the_clusters_own_proxy_is_used_whatever_no_proxy_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "alpha.test")
    monkeypatch.setenv("HTTPS_PROXY", "http://env.test:3128")
    own = configure(target({"proxy-url": "http://own.test:3128"}))
    assert (own.proxy, own.no_proxy) == ("http://own.test:3128", None)
    assert configure(target()).no_proxy == "alpha.test"


def test_server_name_and_lack_of_verification_are_taken_over() -> None:
    configuration = configure(target({"tls-server-name": "api.inside", "insecure-skip-tls-verify": True}))
    assert (configuration.tls_server_name, configuration.verify_ssl) == ("api.inside", False)
    assert configure(target()).verify_ssl is True


def test_impersonation_becomes_headers() -> None:
    user = {"as": "ann", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"reason": ["why"]}}
    assert list(target(user=user).impersonation()) == [
        ("Impersonate-User", "ann"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-reason", "why"),
    ]


@pytest.mark.parametrize(
    ("cluster", "compress"),
    [
        ({}, True),
        ({"disable-compression": True}, False),
        ({"server": "https://127.0.0.1:6443"}, False),
        ({"server": "https://localhost:6443"}, False),
    ],
)
def test_answers_are_packed_except_where_that_is_forbidden_or_of_no_use(
    cluster: dict[str, Any], compress: bool
) -> None:
    assert target(cluster).compress is compress


def test_without_any_configuration_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="no cluster is configured"):
        open_access(None, None, {"HOME": str(tmp_path)})


def remote(user: dict[str, Any], cluster: dict[str, Any] | None = None) -> bytes:
    """Give a kubeconfig as a Secret of Istio holds it."""
    content = config("one", one=("alpha", "ann", ""))
    content["users"][0]["user"] = user
    content["clusters"][0]["cluster"].update(cluster or {})
    return yaml.safe_dump(content).encode()


def test_a_remote_clusters_token_and_written_certificates_are_used() -> None:
    found = remote_target("west", remote({"token": "t"}, {"certificate-authority-data": "Y2E="}))
    assert (found.context, found.server, found.user) == ("west", "https://alpha.test", {"token": "t"})


@pytest.mark.parametrize(
    ("user", "cluster"),
    [
        ({"exec": {"command": "touch", "args": ["/tmp/x"]}}, {}),
        ({"auth-provider": {"name": "gcp"}}, {}),
        ({"tokenFile": "/etc/shadow"}, {}),
        ({"client-certificate": "/a", "client-key": "/b"}, {}),
        ({"token": "t"}, {"certificate-authority": "/a"}),
        ({"token": "t"}, {"insecure-skip-tls-verify": True}),
        ({"token": "t"}, {"proxy-url": "http://evil.test"}),
    ],
)
def test_a_remote_cluster_may_run_nothing_here_and_read_no_file(user: dict[str, Any], cluster: dict[str, Any]) -> None:
    with pytest.raises(ClusterError, match="is refused"):
        remote_target("west", remote(user, cluster))


def test_a_remote_credential_that_kubectl_would_refuse_is_refused() -> None:
    with pytest.raises(ClusterError, match=r"'west' cannot be used: .*as-user-extra has another form"):
        remote_target("west", remote({"token": "t", "as": "ann", "as-user-extra": ["a"]}))


@pytest.mark.parametrize("content", [b"", b"- a", b"a: [", b"current-context: x"])
def test_a_remote_kubeconfig_that_is_none_is_an_error(content: bytes) -> None:
    with pytest.raises(ClusterError):
        remote_target("west", content)
