"""A real Vault or OpenBao server, if the environment names one: what is made there has a random name and is removed.

``VAULT_ADDR`` and ``VAULT_TOKEN`` name it; the token has to be allowed to mount engines and methods and to write
policies, as the root token of a server in development mode is.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import hvac

from tests.fakes.authorities import Authority


class Mount(NamedTuple):
    """A mount of the PKI engine.

    Attributes:
        path: its own.
        client: an administrator's.
    """

    path: str
    client: Any

    @property
    def signs(self) -> str:
        """The path that signs intermediates."""
        return f"{self.path}/root/sign-intermediate"

    def issued(self) -> int:
        """Give how many certificates it keeps."""
        found = self.client.list(f"{self.path}/certs")  # None if there is none
        return len(found["data"]["keys"]) if found else 0


def missing() -> str:
    """Say why there is no server, ``""`` if there is one."""
    absent = [name for name in ("VAULT_ADDR", "VAULT_TOKEN") if not os.environ.get(name)]
    return f"{' and '.join(absent)} not set: no server of Vault or OpenBao" if absent else ""


def administrator() -> Any:
    """Give a client with the environment's token."""
    return hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"])


@contextmanager
def mounted(*chain: Authority, most_hours: int = 87600) -> Iterator[Mount]:
    """Mount an engine whose issuer is the first of a chain; it goes with the block."""
    client, path = administrator(), _random("pki")
    client.sys.enable_secrets_engine("pki", path=path, config={"max_lease_ttl": f"{most_hours}h"})
    try:
        text = chain[0].key_pem + b"".join(one.pem for one in chain)
        made = client.write_data(f"{path}/config/ca", data={"pem_bundle": text.decode()})["data"]
        issuer = next(name for name, key in made["mapping"].items() if key)
        client.write_data(f"{path}/config/issuers", data={"default": issuer})
        yield Mount(path, client)
    finally:
        client.sys.disable_secrets_engine(path)


@contextmanager
def policy(mount: Mount) -> Iterator[str]:
    """Write the policy that the guide asks for; give its name."""
    name = _random("policy")
    mount.client.sys.create_or_update_policy(name, f'path "{mount.signs}" {{ capabilities = ["update"] }}')
    try:
        yield name
    finally:
        mount.client.sys.delete_policy(name)


@contextmanager
def method(client: Any, kind: str) -> Iterator[str]:
    """Enable a way to log in; give its path."""
    path = _random(kind)
    client.sys.enable_auth_method(kind, path=path)
    try:
        yield path
    finally:
        client.sys.disable_auth_method(path)


def _random(what: str) -> str:
    return f"getmesh-test-{what}-{secrets.token_hex(4)}"
