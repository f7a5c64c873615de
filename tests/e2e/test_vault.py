"""A real Vault or OpenBao keeps the issuers' contract, and lets in whom the guide says with the rights that it says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from getmesh.ca.providers.vault import VaultIssuer
from getmesh.errors import ProviderError
from tests.contracts.issuer import ROOT, WISH, IssuerContract, Maker, RemoteIssuerContract, Setting, issue, request_for
from tests.fakes.authorities import NOW, Authority
from tests.rig import vault
from tests.rig.api import Api, grant

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
Run = Callable[..., Any]
NAMESPACE = "e2e-vault"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Give a stack for what is made on the server; without a server the test is left out."""
    if reason := vault.missing():
        pytest.skip(reason)
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def remote(stack: ExitStack) -> Maker:
    """Make issuers on mounts of their own, for the environment's token."""

    def make(*chain: Authority) -> Setting:
        mount = stack.enter_context(vault.mounted(*chain))
        return Setting(VaultIssuer({"mount": mount.path}), chain[-1].certificate, mount.issued)

    return make


@pytest.fixture
def setting(remote: Maker) -> Setting:
    """Make an issuer that is its root's own."""
    return remote(ROOT)


class TestVault(IssuerContract, RemoteIssuerContract):
    """The real server keeps both contracts."""


@pytest.fixture
def mount(stack: ExitStack) -> vault.Mount:
    """Mount an engine."""
    return stack.enter_context(vault.mounted(ROOT))


def test_an_issuer_of_a_mount_is_addressed_by_name(mount: vault.Mount) -> None:
    mount.client.write_data(f"{mount.path}/issuer/default", data={"issuer_name": "prod"})
    bundle = issue(VaultIssuer({"mount": mount.path, "issuer": "prod"}), WISH)
    assert bundle.roots == [ROOT.certificate]
    with pytest.raises(ProviderError):
        issue(VaultIssuer({"mount": mount.path, "issuer": "nobody"}), WISH)


def test_a_life_that_the_server_caps_is_told_of(stack: ExitStack) -> None:
    mount = stack.enter_context(vault.mounted(ROOT, most_hours=24 * 30))
    issued = VaultIssuer({"mount": mount.path}).issue(request_for(WISH))
    assert any("shortened the life" in text for text in issued.warnings)
    assert (issued.certificate.not_valid_after_utc - NOW).days <= 30


def test_a_token_without_the_right_and_a_wrong_one_are_refused_for_free(mount: vault.Mount) -> None:
    address = {"address": mount.client.url, "mount": mount.path}
    token = mount.client.auth.token.create(policies=["default"], ttl="5m")["auth"]["client_token"]
    before = mount.issued()
    with pytest.raises(ProviderError, match="may not write") as caught:
        VaultIssuer(address, {"VAULT_TOKEN": token}).preflight(WISH, NOW)
    assert f'path "{mount.signs}"' in caught.value.hint
    with pytest.raises(ProviderError, match="forbids"):
        VaultIssuer(address, {"VAULT_TOKEN": "wrong"}).preflight(WISH, NOW)
    assert mount.issued() == before


def test_a_machine_logs_in_with_its_role_and_needs_one_right_only(
    mount: vault.Mount, stack: ExitStack, tmp_path: Path
) -> None:
    policy = stack.enter_context(vault.policy(mount))
    path = stack.enter_context(vault.method(mount.client, "approle"))
    mount.client.auth.approle.create_or_update_approle("mesh", token_policies=[policy], mount_point=path)
    role = mount.client.auth.approle.read_role_id("mesh", mount_point=path)["data"]["role_id"]
    secret = mount.client.auth.approle.generate_secret_id("mesh", mount_point=path)["data"]["secret_id"]
    (tmp_path / "secret").write_text(f"{secret}\n")
    login = {"auth": "approle", "authMount": path, "roleId": role, "secretIdFile": str(tmp_path / "secret")}
    bundle = issue(outsider(mount, login), WISH)
    assert bundle.roots == [ROOT.certificate]
    (tmp_path / "secret").write_text("wrong")
    with pytest.raises(ProviderError):
        outsider(mount, login).preflight(WISH, NOW)


def test_a_pod_logs_in_with_its_service_account(
    mount: vault.Mount, stack: ExitStack, cluster: Api, tmp_path: Path
) -> None:
    policy = stack.enter_context(vault.policy(mount))
    path = stack.enter_context(vault.method(mount.client, "kubernetes"))
    mount.client.auth.kubernetes.configure(
        kubernetes_host=cluster.server,
        kubernetes_ca_cert=cluster.authority.read_text(),
        token_reviewer_jwt=account(cluster, "reviewer"),
        disable_local_ca_jwt=True,
        mount_point=path,
    )
    mount.client.auth.kubernetes.create_role(
        "mesh",
        bound_service_account_names=["mesh-ca"],
        bound_service_account_namespaces=[NAMESPACE],
        policies=[policy],
        mount_point=path,
    )
    (tmp_path / "token").write_text(account(cluster, "mesh-ca"))
    login = {"auth": "kubernetes", "authMount": path, "role": "mesh", "jwtFile": str(tmp_path / "token")}
    assert issue(outsider(mount, login), WISH).roots == [ROOT.certificate]
    (tmp_path / "token").write_text(account(cluster, "stranger"))
    with pytest.raises(ProviderError):
        outsider(mount, login).preflight(WISH, NOW)


def test_a_user_fills_a_file_from_a_real_server(mount: vault.Mount, getmesh: Run) -> None:
    start = ("gen-ca", "-p", "vault", "--vault-mount", mount.path, "--common-name", "mesh ca")
    done = getmesh(*start, "--secret-file-path", "ca.yaml")
    assert done.returncode == 0, done.stderr
    assert getmesh("ca", "verify", "ca.yaml").returncode == 0
    wrong = getmesh(*start, "--secret-file-path", "other.yaml", VAULT_TOKEN="wrong")
    assert wrong.returncode == 4


def outsider(mount: vault.Mount, login: dict[str, str]) -> VaultIssuer:
    """Give an issuer for somebody who has no token yet."""
    return VaultIssuer({"address": mount.client.url, "mount": mount.path, **login}, {})


def account(cluster: Api, name: str) -> str:
    """Make a service account that may have tokens reviewed if it is the reviewer; give a token of it."""
    cluster.namespace(NAMESPACE)
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
    cluster.call("POST", path, {"metadata": {"name": name}})
    if name == "reviewer":
        rules = [{"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]}]
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}}
        user = f"system:serviceaccount:{NAMESPACE}:{name}"
        cluster.create(grant(user, [{**role, "rules": rules}]))
    spec = {"spec": {"expirationSeconds": 3600}}
    token: str = cluster.call("POST", f"{path}/{name}/token", spec)["status"]["token"]
    return token
