"""Users of a kubeconfig for whom an identity provider (OIDC) vouches.

The official client renews their tokens, but takes more for granted than kubectl does: that there is a client secret,
that the provider need not be verified, that a token is one. What it takes for granted is seen to here.
"""

import json
import os
import ssl
import time
from base64 import urlsafe_b64decode
from typing import Any, Final

from getmesh.errors import ClusterError

LOGIN: Final = "Log in again with your identity provider's tool, then repeat the call."
_PARTS: Final = 3
# Nothing but a token that is over makes the official client ask for a new one.
_OVER: Final = "e30.eyJleHAiOjF9.e30"
# A token that ends while a request is on its way is of no use.
_SPARE_SECONDS: Final = 10


def prepared(user: dict[str, Any]) -> dict[str, Any]:
    """Give a user's entry as the official client understands it; one without a provider stays as it is.

    Raises:
        ClusterError: there is neither a valid token nor a way to renew it.
    """
    provider = user.get("auth-provider")
    if not isinstance(provider, dict) or provider.get("name") != "oidc" or not isinstance(provider.get("config"), dict):
        return user
    settings = provider["config"]
    settings = {"client-secret": "", "id-token": _OVER, **settings}
    if not {"idp-certificate-authority", "idp-certificate-authority-data"} & set(settings):
        settings["idp-certificate-authority"] = _system_authorities()
    if not settings.get("refresh-token") and _end(settings["id-token"]) < time.time() + _SPARE_SECONDS:
        raise ClusterError(
            "kubeconfig: the identity provider's token is over, and no refresh-token renews it", hint=LOGIN
        )
    return {**user, "auth-provider": {**provider, "config": settings}}


def _system_authorities() -> str:
    """Give the file of authorities that verify a provider which names none of its own."""
    from certifi import where  # noqa: PLC0415 - comes with the official client

    return os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or where()


def _end(token: str) -> float:
    """Give when a token ends, in seconds since the epoch.

    Raises:
        ClusterError: it is no token of such a provider.
    """
    parts = token.split(".")
    try:
        if len(parts) != _PARTS:
            raise ValueError(f"it has {len(parts)} parts")  # noqa: TRY301 - joined with what decoding says
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            f"kubeconfig: the id-token is no token of an identity provider: {error}", hint=LOGIN
        ) from error
