"""What kubectl refuses in a kubeconfig is refused before a cluster is asked."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.errors import ClusterError
from getmesh.ports.kube import KubeClient
from getmesh.ports.kube_access import configure, open_access
from getmesh.ports.kube_checks import faults
from getmesh.ports.kube_config import Target
from tests.fakes.kube_api import KubeApi, serving

_EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "login", "interactiveMode": "Never"}
USERS: dict[str, tuple[dict[str, Any], str]] = {
    "two credentials": ({"token": "t", "username": "u", "password": "p"}, "exclude each other"),
    "a certificate without its key": ({"client-certificate-data": "Yw=="}, "has no client-key"),
    "a certificate given twice": (
        {"client-certificate": "/a", "client-certificate-data": "Yw==", "client-key-data": "aw=="},
        "are both given",
    ),
    "a file that is missing": (
        {"client-certificate": "/nowhere.crt", "client-key-data": "aw=="}, "/nowhere.crt cannot be read",
    ),
    "groups of nobody": ({"token": "t", "as-groups": ["a"]}, "need as"),
    "a program without a name": ({"exec": {**_EXEC, "command": ""}}, "has no command"),
    "a program without a version": ({"exec": {**_EXEC, "apiVersion": ""}}, "has no apiVersion"),
    "a program that does not say whether it talks": ({"exec": {**_EXEC, "interactiveMode": ""}}, "no interactiveMode"),
    "a program that talks as nobody does": ({"exec": {**_EXEC, "interactiveMode": "Maybe"}}, "interactiveMode 'Maybe'"),
    "groups that are no list": ({"token": "t", "as": "ann", "as-groups": "a"}, "as-groups has another form"),
    "more that is no map": ({"token": "t", "as": "ann", "as-user-extra": ["a"]}, "as-user-extra has another form"),
    "a program beside a provider": ({"exec": _EXEC, "auth-provider": {"name": "oidc"}}, "exclude each other"),
}  # fmt: skip
CLUSTERS: dict[str, tuple[dict[str, Any], str]] = {
    "an authority that nobody asks": (
        {"insecure-skip-tls-verify": True, "certificate-authority-data": "Y2E="}, "exclude each other",
    ),
    "a proxy without a scheme": ({"proxy-url": "proxy.test:3128"}, "begins with none of http, https, socks5"),
    "a proxy that nobody speaks": ({"proxy-url": "socks5h://proxy.test:3128"}, "begins with none of"),
    "an authority given twice": (
        {"certificate-authority": "/a", "certificate-authority-data": "Y2E="}, "are both given",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("user", "said"), USERS.values(), ids=USERS.keys())
def test_a_user_that_kubectl_refuses_is_refused(user: dict[str, Any], said: str, tmp_path: Path) -> None:
    content = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": "https://alpha.test"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(content))
    with pytest.raises(ClusterError, match=said):
        open_access(str(tmp_path / "config"), None, {})


@pytest.mark.parametrize(("cluster", "said"), CLUSTERS.values(), ids=CLUSTERS.keys())
def test_a_cluster_that_kubectl_refuses_is_refused(cluster: dict[str, Any], said: str) -> None:
    assert [fault for fault in faults(cluster, {}) if said in fault]


@pytest.mark.parametrize(
    "user",
    [
        {}, {"token": "t"}, {"exec": _EXEC}, {"username": "u", "password": "p"}, {"as": "ann", "as-groups": ["a"]},
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "login"}},
        {"client-certificate-data": "Yw==", "client-key-data": "aw==", "token": "t"},
    ],
)  # fmt: skip
def test_a_user_that_kubectl_takes_is_taken(user: dict[str, Any]) -> None:
    assert faults({"server": "https://alpha.test", "certificate-authority-data": "Y2E="}, user) == []


def target(user: dict[str, Any], server: str = "https://alpha.test") -> Target:
    """Give a context."""
    return Target("c", "default", {"server": server}, user)


def test_a_tokens_file_counts_before_a_token_and_its_last_line_break_is_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    user = {"tokenFile": f"{tmp_path}/token", "token": "written"}
    assert configure(target(user)).api_key == {"BearerToken": "Bearer from-file"}
    missing = {**user, "tokenFile": f"{tmp_path}/nowhere"}
    assert configure(target(missing)).api_key == {"BearerToken": "Bearer written"}
    with pytest.raises(ClusterError, match="nowhere cannot be read"):
        configure(target({"tokenFile": f"{tmp_path}/nowhere"}))


def test_what_may_not_stand_in_a_headers_name_is_written_as_the_server_reads_it() -> None:
    user = {"as": "ann", "as-user-extra": {"acme.test/project%": ["one"]}}
    assert list(target(user).impersonation())[1] == ("Impersonate-Extra-acme.test%2Fproject%25", "one")


@pytest.mark.parametrize("server", ["https://127.0.0.1:6443", "https://localhost:6443", "https://[::1]:6443"])
def test_a_proxy_of_the_environment_is_never_used_for_this_machine(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://env.test:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert configure(target({"token": "t"}, server)).proxy is None
    assert configure(target({"token": "t"})).proxy == "http://env.test:3128"


def test_an_address_without_a_scheme_is_plain_http() -> None:
    assert configure(target({"token": "t"}, "alpha.test:8080/")).host == "http://alpha.test:8080"


def test_a_socks_proxy_without_its_package_is_an_error_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getmesh.ports.kube_access.find_spec", lambda _: None)
    cluster = {"server": "https://alpha.test", "proxy-url": "socks5://127.0.0.1:1"}
    with pytest.raises(ClusterError, match="SOCKS proxy") as caught:
        configure(Target("c", "default", cluster, {"token": "t"}))
    assert "pip install pysocks" in caught.value.hint


def test_a_proxy_of_the_environment_may_leave_out_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "env.test:3128")
    assert configure(target({"token": "t"})).proxy == "http://env.test:3128"
    monkeypatch.setenv("HTTPS_PROXY", "ftp://env.test:3128")
    with pytest.raises(ClusterError, match="no proxy that can be used"):
        configure(target({"token": "t"}))


@pytest.mark.parametrize("token", ["two\nlines", "\u4e16"])
def test_a_token_that_cannot_be_sent_is_an_error(token: str, tmp_path: Path) -> None:
    with serving(KubeApi([]), tmp_path / "config"):
        content = yaml.safe_load((tmp_path / "config").read_text())
        content["users"][0]["user"]["token"] = token
        (tmp_path / "config").write_text(yaml.safe_dump(content))
        with pytest.raises(ClusterError, match="cannot be asked"):
            KubeClient(open_access(str(tmp_path / "config"), None, {})).get("/version")
