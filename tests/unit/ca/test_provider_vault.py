"""What Vault refuses or does differently comes back as a sentence that says what to do."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from getmesh.ca import pem
from getmesh.ca.providers.vault import VaultIssuer
from getmesh.errors import GetmeshError, ProviderError, UsageError
from tests.contracts.issuer import WISH, request_for
from tests.fakes import vault_pki
from tests.fakes.authorities import NOW, make

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
ROOT = make("root", days=3650)
MIDDLE = make("middle", ROOT, days=1800)


def vault(stack: ExitStack, fake: vault_pki.FakeVault, token: str = vault_pki.TOKEN, **options: Any) -> VaultIssuer:
    address = stack.enter_context(vault_pki.served(fake))
    return VaultIssuer({"address": address, **options}, {"BAO_TOKEN": token})


def test_an_issuer_of_a_mount_is_addressed_by_name(stack: ExitStack) -> None:
    fake = vault_pki.FakeVault(MIDDLE, ROOT, mount="mesh/pki", name="prod")
    issuer = vault(stack, fake, mount="mesh/pki", issuer="prod", namespace="team")
    issuer.preflight(WISH, NOW)
    issued = issuer.issue(request_for(WISH))
    assert issued.certificate not in issued.others
    assert pem.is_issued_by(issued.certificate, MIDDLE.certificate)
    assert fake.calls[-1][2]["X-Vault-Namespace"] == "team"


def test_pods_and_machines_log_in_their_own_way(stack: ExitStack, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3\n")
    fake = vault_pki.FakeVault(ROOT)
    vault(stack, fake, "", auth="approle", roleId="r1", secretIdFile=str(secret)).preflight(WISH, NOW)
    vault(stack, fake, "", auth="kubernetes", role="mesh", jwtFile=str(secret), authMount="k8s").preflight(WISH, NOW)
    assert fake.logins[0] == {"path": "auth/approle/login", "role_id": "r1", "secret_id": "s3"}
    assert fake.logins[1] == {"path": "auth/k8s/login", "role": "mesh", "jwt": "s3"}


def test_a_life_that_the_server_caps_is_told_of(stack: ExitStack) -> None:
    fake = vault_pki.FakeVault(ROOT)
    fake.most_days = 30
    issued = vault(stack, fake).issue(request_for(WISH))
    assert "maxTTL" in issued.warnings[0]
    assert "shortened" in issued.warnings[1]


def test_a_policy_that_is_missing_is_spelled_out(stack: ExitStack) -> None:
    fake = vault_pki.FakeVault(ROOT)
    fake.capabilities = ["deny"]
    with pytest.raises(ProviderError, match="may not write") as caught:
        vault(stack, fake).preflight(WISH, NOW)
    assert 'path "pki/root/sign-intermediate"' in caught.value.hint


def test_a_mount_that_does_not_know_its_root_needs_a_file(stack: ExitStack, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="root above"):
        vault(stack, vault_pki.FakeVault(MIDDLE)).preflight(WISH, NOW)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    terms = vault(stack, vault_pki.FakeVault(MIDDLE), rootFile=str(tmp_path / "root.pem")).preflight(WISH, NOW)
    assert terms.roots == (ROOT.certificate,)


@pytest.mark.parametrize(("token", "said"), [("", "no token"), ("wrong", "forbids")])
def test_a_wrong_or_missing_token_is_said(stack: ExitStack, token: str, said: str) -> None:
    with pytest.raises(GetmeshError, match=said):
        vault(stack, vault_pki.FakeVault(ROOT), token).preflight(WISH, NOW)


def test_a_server_that_is_away_is_said() -> None:
    issuer = VaultIssuer({"address": "http://127.0.0.1:9"}, {"VAULT_TOKEN": "t"})
    with pytest.raises(ProviderError, match="no answer"):
        issuer.preflight(WISH, NOW)
    with pytest.raises(UsageError, match="no Vault server"):
        VaultIssuer({}, {})


def test_what_vault_refuses_is_repeated(stack: ExitStack) -> None:
    tight = make("tight", days=3650, length=0)
    with pytest.raises(ProviderError, match="max path length of zero"):
        vault(stack, vault_pki.FakeVault(tight)).issue(request_for(WISH))
