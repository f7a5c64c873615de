"""The PKI engine of Vault and OpenBao, through hvac."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from getmesh.ca import pem
from getmesh.ca.files import read_file
from getmesh.ca.order import Wish
from getmesh.ca.providers.issuer import Issued, Request, Terms, demand_fitting_issuer, read_chain, shortened
from getmesh.errors import ProviderError, UsageError

_METHODS: Final = ("token", "kubernetes", "approle")
_SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_SECONDS: Final = 30


class VaultIssuer:
    """Has a mount of the PKI engine sign.

    Args:
        options: ``address``, ``namespace``, ``mount``, ``issuer``, ``auth`` with what the method needs, ``caFile``,
            ``rootFile``; ``VAULT_*`` and ``BAO_*`` of the environment where they are left out.
        environ: the environment.
    """

    name = "vault"

    def __init__(self, options: dict[str, Any], environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._options = options

        def setting(key: str, variable: str) -> str:
            found = options.get(key) or environ.get(f"BAO_{variable}") or environ.get(f"VAULT_{variable}")
            return str(found or "")

        self._address = setting("address", "ADDR")
        if not self._address:
            raise UsageError("no Vault server is named", hint="Set providerConfig.vault.address or VAULT_ADDR.")
        self._namespace = setting("namespace", "NAMESPACE")
        self._token = str(environ.get("BAO_TOKEN") or environ.get("VAULT_TOKEN") or "")
        self._ca_file = setting("caFile", "CACERT")
        self._method = str(options.get("auth") or "token")
        if self._method not in _METHODS:
            raise UsageError(f"auth {self._method!r} is not offered", hint=f"Choose one of {', '.join(_METHODS)}.")
        self._mount = str(options.get("mount") or "pki").strip("/")
        self._issuer = str(options.get("issuer") or "")

    @property
    def _path(self) -> str:
        if self._issuer:
            return f"{self._mount}/issuer/{self._issuer}/sign-intermediate"
        return f"{self._mount}/root/sign-intermediate"

    def preflight(self, wish: Wish, now: datetime) -> Terms:
        """Log in, see that the path may be written, and read the issuer's chain."""
        with _translated(self._address):
            client = self._login()
            self._may_sign(client)
            chain = self._chain(client)
        reference = f"{self._address}/v1/{self._path}"
        roots = [one for one in chain if pem.is_self_signed(one)] + self._roots()
        if not chain:
            return Terms(reference, None, (), ("the issuer could not be looked at beforehand",), tuple(roots))
        if not roots:
            raise ProviderError(
                f"{reference}: the mount does not know the root above {pem.label(chain[0])}",
                hint="Set providerConfig.vault.rootFile to the root's certificate.",
            )
        warnings = demand_fitting_issuer(chain[0], wish, now)
        return Terms(reference, chain[0], (f"issuer {pem.label(chain[0])}",), warnings, tuple(roots[:1]))

    def issue(self, request: Request) -> Issued:
        """Sign; what the server changed on its own comes back as a warning."""
        wanted = {
            "csr": request.csr.decode(),
            "common_name": request.wish.subject.common_name,
            "use_csr_values": True,
            "ttl": f"{request.wish.days * 24}h",
            "max_path_length": 0,
            "format": "pem",
        }
        with _translated(self._address):
            answer = self._login().write_data(self._path, data=wanted)
        data = answer.get("data") or {} if isinstance(answer, dict) else {}
        found = read_chain([str(data.get("certificate") or "")], "Vault")
        if not found:
            raise ProviderError(f"{self._address}: Vault answered without a certificate")
        texts = [*(data.get("ca_chain") or []), data.get("issuing_ca") or ""]
        others = [one for one in read_chain([str(text) for text in texts], "Vault") if one != found[0]]
        warnings = [str(text) for text in answer.get("warnings") or []]
        warnings += shortened(found[0], request.wish, datetime.now(UTC))
        reference = f"serial {data.get('serial_number', '')}"
        return Issued(found[0], others + self._roots(), [], reference, tuple(warnings))

    def _login(self) -> Any:
        try:
            import hvac  # noqa: PLC0415 - an extra
        except ImportError:
            raise UsageError(
                "Vault support is not installed", hint="Install it: pip install 'getmesh[vault]'."
            ) from None
        client: Any = hvac.Client(
            url=self._address,
            token=self._token or None,
            namespace=self._namespace or None,
            verify=self._ca_file or True,
            timeout=_SECONDS,
        )
        options = self._options
        where = {"mount_point": str(options["authMount"])} if options.get("authMount") else {}
        if self._method == "kubernetes":
            jwt = read_file(str(options.get("jwtFile") or _SERVICE_ACCOUNT), "service account token").decode().strip()
            client.auth.kubernetes.login(role=str(options.get("role") or ""), jwt=jwt, **where)
        elif self._method == "approle":
            if not options.get("roleId") or not options.get("secretIdFile"):
                raise UsageError("auth approle needs roleId and secretIdFile")
            secret = read_file(str(options["secretIdFile"]), "secret id").decode().strip()
            client.auth.approle.login(role_id=str(options["roleId"]), secret_id=secret, **where)
        elif not client.token:
            raise UsageError("no token for Vault", hint="Set VAULT_TOKEN, or log in with 'vault login'.")
        return client

    def _may_sign(self, client: Any) -> None:
        """Ask the server what this token may do with the path.

        Raises:
            ProviderError: not this.
        """
        answer = client.sys.get_capabilities(paths=[self._path])
        found = answer.get(self._path) or (answer.get("data") or {}).get(self._path) or answer.get("capabilities") or []
        if not set(found) & {"update", "root", "sudo"}:
            raise ProviderError(
                f"{self._address}: the token may not write {self._path}",
                hint=f'A policy needs: path "{self._path}" {{ capabilities = ["update"] }}.',
            )

    def _chain(self, client: Any) -> list[Any]:
        path = f"{self._mount}/issuer/{self._issuer or 'default'}/json"
        answer = client.read(path) or client.read(f"{self._mount}/cert/ca")
        data = (answer or {}).get("data") or {}
        texts = [data.get("certificate") or "", *(data.get("ca_chain") or [])]
        found = read_chain([str(text) for text in texts], "Vault")
        return list(dict.fromkeys(found))

    def _roots(self) -> list[Any]:
        path = self._options.get("rootFile")
        return pem.certificates(read_file(str(path), "root")) if path else []


@contextmanager
def _translated(address: str) -> Iterator[None]:
    """Turn what hvac and its transport raise into what users understand."""
    try:
        from hvac.exceptions import Forbidden, InvalidRequest, VaultError  # noqa: PLC0415 - an extra
        from requests.exceptions import RequestException  # noqa: PLC0415 - comes with hvac
    except ImportError:
        raise UsageError("Vault support is not installed", hint="Install it: pip install 'getmesh[vault]'.") from None
    try:
        yield
    except Forbidden as error:
        raise ProviderError(
            f"{address}: Vault forbids it: {_text(error)}", hint="The token is wrong or ended, or its policy is."
        ) from None
    except InvalidRequest as error:
        raise ProviderError(f"{address}: Vault refused: {_text(error)}") from None
    except VaultError as error:
        raise ProviderError(f"{address}: Vault failed: {_text(error) or type(error).__name__}") from None
    except RequestException as error:
        raise ProviderError(
            f"{address}: no answer: {type(error).__name__}", hint="Check VAULT_ADDR and its TLS."
        ) from None


def _text(error: Any) -> str:
    found = getattr(error, "errors", None) or [str(error)]
    return "; ".join(str(one) for one in found)
