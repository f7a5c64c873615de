"""A user for whom an identity provider vouches gets a valid token, or hears why not; never goes on as nobody."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.errors import ClusterError
from getmesh.ports.kube_access import configure, open_access
from getmesh.ports.kube_config import Target
from getmesh.ports.kube_provider import prepared
from tests.fakes.https_server import Authority
from tests.fakes.identity_provider import Provider, provider, token

FRESH = token(time.time() + 3600)


@pytest.fixture
def idp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Give a running provider."""
    monkeypatch.setenv("NO_PROXY", "localhost")
    (tmp_path / "idp").mkdir()
    with provider(Authority(tmp_path / "idp"), FRESH) as found:
        yield found


def write(folder: Path, issuer: str, **settings: str) -> str:
    """Write a kubeconfig whose user that provider vouches for; give its path."""
    config = {
        "idp-issuer-url": issuer,
        "client-id": "cli",
        "idp-certificate-authority": f"{folder}/idp/ca.pem",
        **settings,
    }
    content: dict[str, Any] = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": "https://alpha.test"}}],
        "users": [{"name": "u", "user": {"auth-provider": {"name": "oidc", "config": config}}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(content))
    return str(path)


def bearer(path: str) -> str:
    """Give the token that would be sent."""
    key: str = open_access(path, None, {}).configuration.api_key["BearerToken"]
    return key.removeprefix("Bearer ")


def held(path: str) -> dict[str, str]:
    """Give what the kubeconfig says of the provider now."""
    settings: dict[str, str] = yaml.safe_load(Path(path).read_text())["users"][0]["user"]["auth-provider"]["config"]
    return settings


def test_a_valid_token_is_sent_and_nobody_is_asked(idp: Provider, tmp_path: Path) -> None:
    assert bearer(write(tmp_path, idp.address, **{"id-token": FRESH})) == FRESH
    assert idp.asked == []


@pytest.mark.parametrize("before", [{"id-token": token(1)}, {}], ids=["over", "none yet"])
@pytest.mark.parametrize("secret", [{"client-secret": "s"}, {}], ids=["with a secret", "without a secret"])
def test_a_token_that_is_over_is_renewed_and_kept(
    before: dict[str, str], secret: dict[str, str], idp: Provider, tmp_path: Path
) -> None:
    path = write(tmp_path, idp.address, **before, **secret, **{"refresh-token": "refresh-1"})
    assert bearer(path) == FRESH
    assert (held(path)["id-token"], held(path)["refresh-token"]) == (FRESH, "refresh-2")
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert bearer(path) == FRESH
    assert len(idp.asked) == 1
    assert ("client-secret" in held(path)) == bool(secret)


def test_a_refusal_of_the_provider_is_an_error_that_says_what_to_do(idp: Provider, tmp_path: Path) -> None:
    path = write(tmp_path, idp.address, **{"id-token": token(1), "refresh-token": "used"})
    with pytest.raises(ClusterError, match=r"renewed no token: .*invalid_grant") as caught:
        bearer(path)
    assert "Log in again" in caught.value.hint


def test_a_provider_that_is_away_or_not_to_be_trusted_is_an_error(idp: Provider, tmp_path: Path) -> None:
    settings = {"id-token": token(1), "refresh-token": "refresh-1"}
    with pytest.raises(ClusterError):
        bearer(write(tmp_path, "https://localhost:1", **settings))
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(ClusterError):
        bearer(write(tmp_path, idp.address, **settings, **{"idp-certificate-authority": str(Authority(other).ca_file)}))
    assert idp.asked == []


@pytest.mark.parametrize("given", [token(1), "opaque", "a.b.c", "a.e30.c"])
def test_a_token_that_is_over_or_none_ends_the_call_when_nothing_renews_it(given: str, tmp_path: Path) -> None:
    (tmp_path / "idp").mkdir()
    with pytest.raises(ClusterError, match="token") as caught:
        bearer(write(tmp_path, "https://id.test", **{"id-token": given}))
    assert "Log in again" in caught.value.hint


@pytest.mark.parametrize("name", ["", "azure", "unheard-of"])
def test_a_provider_that_nobody_knows_ends_the_call(name: str) -> None:
    user = {"auth-provider": {"name": name, "config": {"id-token": FRESH}}}
    with pytest.raises(ClusterError, match=r"gave no token|renewed no token|cannot be used"):
        configure(Target("c", "default", {"server": "https://alpha.test"}, user))


def test_a_provider_without_its_own_authority_is_verified_against_the_systems() -> None:
    settings = {"idp-issuer-url": "https://id.test", "id-token": FRESH}
    user = {"auth-provider": {"name": "oidc", "config": settings}}
    assert prepared(user)["auth-provider"]["config"]["idp-certificate-authority"]
    own = {**settings, "idp-certificate-authority": "/own.crt"}
    kept = prepared({"auth-provider": {"name": "oidc", "config": own}})["auth-provider"]["config"]
    assert kept["idp-certificate-authority"] == "/own.crt"
