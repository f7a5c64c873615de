"""AWS Private CA, through boto3: its chain of credentials, its endpoints, its retries."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from getmesh.ca import pem
from getmesh.ca.files import read_file
from getmesh.ca.order import Wish
from getmesh.ca.providers.issuer import (
    Issued,
    Request,
    Terms,
    demand_fitting_issuer,
    read_chain,
    shortened,
)
from getmesh.errors import ProviderError, UsageError

_ARN: Final = re.compile(r"arn:(aws[a-z-]*):acm-pca:([a-z0-9-]+):(\d{12}):certificate-authority/[\w-]+")
_SUBORDINATE: Final = re.compile(r"SubordinateCACertificate_PathLen[0-3]")
_ALGORITHMS: Final = {
    "RSA_2048": "SHA256WITHRSA",
    "RSA_3072": "SHA384WITHRSA",
    "RSA_4096": "SHA512WITHRSA",
    "EC_prime256v1": "SHA256WITHECDSA",
    "EC_secp384r1": "SHA384WITHECDSA",
    "EC_secp521r1": "SHA512WITHECDSA",
}
_CURES: Final = {
    "AccessDeniedException": "The caller needs acm-pca:DescribeCertificateAuthority, "
    "GetCertificateAuthorityCertificate, "
    "IssueCertificate and GetCertificate on that CA.",
    "ResourceNotFoundException": "Look at the ARN, its region and its account.",
    "LimitExceededException": "Wait, or ask AWS for a higher quota of this CA.",
    "InvalidStateException": "The CA is not active; 'aws acm-pca describe-certificate-authority' says why.",
    "ExpiredTokenException": "Log in to AWS again.",
}
ClientFactory = Callable[[str], Any]
"""Gives a client for a region."""


class AwsIssuer:
    """Has a CA of AWS Private CA sign.

    Args:
        options: ``signingCAArn``, ``templateArn``, ``signingAlgorithm``, ``rootFile``.
        client_factory: for other clients than boto3's usual ones.
        wait_seconds: pause between looks at whether the certificate is there.
    """

    name = "aws"

    def __init__(
        self, options: dict[str, Any], client_factory: ClientFactory | None = None, wait_seconds: float = 1
    ) -> None:
        self._arn = str(options.get("signingCAArn") or "")
        parts = _ARN.fullmatch(self._arn)
        if parts is None:
            raise UsageError(
                f"{self._arn!r} is no ARN of a private CA",
                hint="It looks like arn:aws:acm-pca:REGION:ACCOUNT:certificate-authority/ID.",
            )
        template = f"arn:{parts[1]}:acm-pca:::template/SubordinateCACertificate_PathLen0/V1"
        self._template = str(options.get("templateArn") or template)
        if not _SUBORDINATE.search(self._template):
            raise UsageError(
                f"template {self._template!r} makes no subordinate CA", hint=f"Leave it out, or take {template}"
            )
        self._algorithm = str(options.get("signingAlgorithm") or "")
        self._root_file = str(options.get("rootFile") or "")
        self._factory = client_factory or _boto3
        self._region = parts[2]
        self._wait_seconds = wait_seconds
        self._issuer_end: datetime | None = None

    def preflight(self, wish: Wish, now: datetime) -> Terms:
        """Read the CA's description and chain: state, mode, key family, life, path length, root."""
        with _translated(self._arn):
            client = self._factory(self._region)
            about = client.describe_certificate_authority(CertificateAuthorityArn=self._arn)["CertificateAuthority"]
            self._examine(about)
            answer = client.get_certificate_authority_certificate(CertificateAuthorityArn=self._arn)
        chain = read_chain([answer["Certificate"], answer.get("CertificateChain") or ""], "AWS")
        roots = [one for one in chain if pem.is_self_signed(one)] + self._roots()
        if not chain or not roots:
            raise ProviderError(
                f"{self._arn}: AWS does not know the root above this CA",
                hint="Set providerConfig.aws.rootFile to the root's certificate.",
            )
        self._issuer_end = chain[0].not_valid_after_utc
        warnings = demand_fitting_issuer(chain[0], wish, now)
        facts = (f"{about['KeyAlgorithm']} {about.get('Type', 'CA')}, signs with {self._algorithm}",)
        return Terms(self._arn, chain[0], facts, warnings, tuple(roots[:1]))

    def issue(self, request: Request) -> Issued:
        """Issue, wait, and fetch; the token makes a repeated call harmless for five minutes."""
        with _translated(self._arn):
            client = self._factory(self._region)
            if not self._algorithm:
                about = client.describe_certificate_authority(CertificateAuthorityArn=self._arn)
                self._examine(about["CertificateAuthority"])
            arn = client.issue_certificate(
                CertificateAuthorityArn=self._arn,
                Csr=request.csr,
                SigningAlgorithm=self._algorithm,
                TemplateArn=self._template,
                Validity=self._validity(request.wish.days),
                IdempotencyToken=request.token,
            )["CertificateArn"]
            names = {"CertificateAuthorityArn": self._arn, "CertificateArn": arn}
            waiting = {"Delay": self._wait_seconds, "MaxAttempts": 60}
            client.get_waiter("certificate_issued").wait(**names, WaiterConfig=waiting)
            answer = client.get_certificate(**names)
        found = read_chain([answer["Certificate"], answer.get("CertificateChain") or ""], "AWS")
        if not found:
            raise ProviderError(f"{arn}: AWS answered without a certificate")
        others = found[1:] + self._roots()
        return Issued(found[0], others, [], arn, shortened(found[0], request.wish, datetime.now(UTC)))

    def _examine(self, about: dict[str, Any]) -> None:
        """Refuse a CA that cannot serve, and settle the algorithm."""
        if about.get("Status") != "ACTIVE":
            raise ProviderError(f"{self._arn} is {about.get('Status')}, not ACTIVE")
        if about.get("UsageMode") == "SHORT_LIVED_CERTIFICATE":
            raise ProviderError(
                f"{self._arn} issues short-lived certificates only",
                hint="Such a CA is the last of its chain and signs for 7 days at most; take a general-purpose one.",
            )
        configuration = about.get("CertificateAuthorityConfiguration") or {}
        key = str(configuration.get("KeyAlgorithm") or about.get("KeyAlgorithm"))
        about["KeyAlgorithm"] = key
        fitting = _ALGORITHMS.get(key)
        if fitting is None:
            raise ProviderError(f"{self._arn} has a key of family {key}, which mesh peers do not verify")
        family = fitting.partition("WITH")[2]
        if self._algorithm and self._algorithm.partition("WITH")[2].partition("_")[0] != family:
            raise UsageError(
                f"signing algorithm {self._algorithm} does not fit the CA's key {key}",
                hint=f"Leave it out: {fitting} is taken then. It follows the CA's key, not the mesh's.",
            )
        self._algorithm = self._algorithm or fitting

    def _validity(self, days: int) -> dict[str, Any]:
        """Give the life to ask for; one beyond the issuer's own end would be refused."""
        if self._issuer_end is not None:
            left = (self._issuer_end - datetime.now(UTC)).days
            days = max(1, min(days, left))
        return {"Type": "DAYS", "Value": days}

    def _roots(self) -> list[Any]:
        return pem.certificates(read_file(self._root_file, "root")) if self._root_file else []


def _boto3(region: str) -> Any:
    try:
        import boto3  # noqa: PLC0415 - an extra, and a quarter of a second
        from botocore.config import Config  # noqa: PLC0415 - as above
    except ImportError:
        raise UsageError("AWS support is not installed", hint="Install it: pip install 'getmesh[aws]'.") from None
    settings = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=10, read_timeout=30)
    return boto3.client("acm-pca", region_name=region, config=settings)


@contextmanager
def _translated(arn: str) -> Iterator[None]:
    """Turn what boto3 raises into what users understand."""
    from botocore.exceptions import BotoCoreError, ClientError, WaiterError  # noqa: PLC0415 - an extra

    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        code, text = str(told.get("Code", "")), str(told.get("Message", ""))
        raise ProviderError(f"{arn}: AWS answered {code}: {text}", hint=_CURES.get(code, "")) from None
    except WaiterError as error:
        raise ProviderError(
            f"{arn}: the certificate did not come: {error}",
            hint="Repeat the call within five minutes: AWS then gives the same certificate.",
        ) from None
    except BotoCoreError as error:
        raise ProviderError(
            f"{arn}: {error}", hint="Check credentials and region: aws sts get-caller-identity."
        ) from None
