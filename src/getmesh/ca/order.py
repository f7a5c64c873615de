"""What is asked for: the CA, who issues it, and where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from getmesh.ca.subject import Subject

PROVIDERS: Final = ("local", "csr", "gcp", "aws", "vault")
NAMESPACE: Final = "istio-system"
DEFAULT_DAYS: Final = 365
DEFAULT_FAMILY: Final = "rsa-2048"


@dataclass(frozen=True, slots=True)
class Wish:
    """The certificate that is wanted.

    Attributes:
        subject: whom it names.
        days: how long it should live.
        family: of its key, see ``keys.FAMILIES``.
    """

    subject: Subject
    days: int = DEFAULT_DAYS
    family: str = DEFAULT_FAMILY


@dataclass(frozen=True, slots=True)
class Order:
    """A wish, its issuer, and the destination.

    Attributes:
        provider: one of ``PROVIDERS``.
        options: the provider's own settings, keys as in the documentation.
        wish: the certificate.
        namespace: where the Secret goes.
        to_secret: whether it goes into the cluster.
        file: a file for the Secret's manifest, ``""`` for none.
        override: whether an existing Secret may be replaced.
        warnings: what was read but has no meaning.
    """

    provider: str
    options: Mapping[str, Any]
    wish: Wish
    namespace: str = NAMESPACE
    to_secret: bool = True
    file: str = ""
    override: bool = False
    warnings: tuple[str, ...] = field(default=())
