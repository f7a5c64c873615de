"""Every key of a gen-ca configuration: those of the original getmesh, in all spellings seen, and ours."""

from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """What a key holds."""

    TEXT = "a text"
    NUMBER = "a whole number"
    SWITCH = "true or false"
    LIST = "a list of texts"
    IGNORED = "anything"


Tree: TypeAlias = "Mapping[str, Kind | Tree]"

_SUBJECT: Final[Tree] = {
    "commonName": Kind.TEXT,
    "serialNumber": Kind.TEXT,
    "country": Kind.LIST,
    "province": Kind.LIST,
    "locality": Kind.LIST,
    "organization": Kind.LIST,
    "organizationalUnit": Kind.LIST,
    "streetAddress": Kind.LIST,
    "postalCode": Kind.LIST,
    "names": Kind.IGNORED,
    "extraNames": Kind.IGNORED,
}
_REQUEST: Final[Tree] = {
    "subject": _SUBJECT,
    "dnsNames": Kind.LIST,
    "emailAddresses": Kind.LIST,
    "ipAddresses": Kind.LIST,
    "uris": Kind.LIST,
    **dict.fromkeys(
        (
            "raw", "rawTBSCertificateRequest", "rawSubjectPublicKeyInfo", "rawSubject", "version", "signature",
            "signatureAlgorithm", "publicKeyAlgorithm", "publicKey", "attributes", "extensions", "extraExtensions",
        ),
        Kind.IGNORED,
    ),
}  # fmt: skip
KEYS: Final[Tree] = {
    "providerName": Kind.TEXT,
    "disableSecretCreation": Kind.SWITCH,
    "providerConfig": {
        "aws": {
            "signingCAArn": Kind.TEXT,
            "templateArn": Kind.TEXT,
            "signingAlgorithm": Kind.TEXT,
            "rootFile": Kind.TEXT,
            "creds": Kind.IGNORED,
        },
        "gcp": {
            "casCAName": Kind.TEXT,
            "maxIssuerPathLen": Kind.NUMBER,
            "caPool": Kind.TEXT,
            "issuanceMode": Kind.TEXT,
            "endpoint": Kind.TEXT,
        },
        "vault": {
            "address": Kind.TEXT,
            "namespace": Kind.TEXT,
            "mount": Kind.TEXT,
            "issuer": Kind.TEXT,
            "auth": Kind.TEXT,
            "authMount": Kind.TEXT,
            "role": Kind.TEXT,
            "jwtFile": Kind.TEXT,
            "roleId": Kind.TEXT,
            "secretIdFile": Kind.TEXT,
            "caFile": Kind.TEXT,
            "rootFile": Kind.TEXT,
        },
        "local": {"rootDir": Kind.TEXT, "passphraseFile": Kind.TEXT},
        "csr": {
            "csrFile": Kind.TEXT,
            "keyFile": Kind.TEXT,
            "passphraseFile": Kind.TEXT,
            "signedFile": Kind.TEXT,
            "rootFile": Kind.TEXT,
        },
    },
    "certificateParameters": {
        "secretOptions": {
            "istioCANamespace": Kind.TEXT,
            "secretFilePath": Kind.TEXT,
            "overrideExistingCACertsSecret": Kind.SWITCH,
            "force": Kind.SWITCH,
        },
        "caOptions": {
            "validityDays": Kind.NUMBER,
            "keyLength": Kind.NUMBER,
            "keyFamily": Kind.TEXT,
            "certSigningRequestParams": _REQUEST,
        },
    },
}
ALIASES: Final = {"organizationunit": "organizationalUnit", "street": "streetAddress", "emails": "emailAddresses"}


def plain(key: str) -> str:
    """Give a key as it is compared: without regard to case and separators."""
    return key.lower().replace("_", "").replace("-", "")
