"""Names of Google CAs: with a pool as version 1 has them, and without as the original getmesh knew them."""

import re
from dataclasses import dataclass
from typing import Any, Final

from getmesh.errors import ProviderError, UsageError

_PART: Final = r"[^/]+"
_POOL: Final = re.compile(
    rf"(projects/{_PART}/locations/{_PART}/caPools/{_PART})(?:/certificateAuthorities/({_PART}))?"
)
_LEGACY: Final = re.compile(rf"(projects/{_PART}/locations/{_PART})/certificateAuthorities/({_PART})")
_FORMS: Final = "projects/P/locations/L/caPools/POOL[/certificateAuthorities/CA]"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a certificate is created.

    Attributes:
        pool: full name of the pool.
        authority: id of the CA in it, ``""`` to let the pool pick one.
        notes: how it was found.
    """

    pool: str
    authority: str = ""
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The full name of the CA, or of the pool."""
        return f"{self.pool}/certificateAuthorities/{self.authority}" if self.authority else self.pool


def resolve(client: Any, name: str, pool: str) -> Target:
    """Give where a name points; a legacy name is completed by the pool, or by looking for the CA in all pools.

    Raises:
        UsageError: it is no name of a CA or pool.
        ProviderError: a legacy name fits no pool, or several.
    """
    found = _POOL.fullmatch(name)
    if found:
        return Target(found[1], found[2] or "")
    found = _LEGACY.fullmatch(name)
    if found is None:
        raise UsageError(f"casCAName {name!r} is no name of a Google CA", hint=f"It looks like {_FORMS}.")
    location, authority = found[1], found[2]
    if pool:
        full = pool if pool.startswith("projects/") else f"{location}/caPools/{pool}"
        return Target(full, authority, (f"the name has no pool; caPool {full} was taken",))
    return _search(client, location, authority, name)


def _search(client: Any, location: str, authority: str, name: str) -> Target:
    from google.api_core import exceptions  # noqa: PLC0415 - an extra

    hint = f"Set casCAName to {_FORMS}, or add caPool. Names without a pool ended with version v1beta1 of the service."
    try:
        pools = [pool.name for pool in client.list_ca_pools(parent=location)]
        holders = [
            pool
            for pool in pools
            for one in client.list_certificate_authorities(parent=pool)
            if one.name.rpartition("/")[2] == authority
        ]
    except (exceptions.PermissionDenied, exceptions.NotFound, exceptions.MethodNotImplemented) as error:
        raise ProviderError(
            f"{name} names no pool, and pools could not be searched: {error.message}", hint=hint
        ) from None
    if len(holders) != 1:
        where = f"is in several pools ({', '.join(sorted(holders))})" if holders else f"is in no pool of {location}"
        raise ProviderError(f"{name} names no pool, and CA {authority!r} {where}", hint=hint)
    return Target(holders[0], authority, (f"the name has no pool; the CA was found in {holders[0]}",))
