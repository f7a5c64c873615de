"""Google's CA Service, version 1: pools, with the client's own credentials."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from getmesh.ca import pem
from getmesh.ca.order import Wish
from getmesh.ca.providers.gcp_client import open_client
from getmesh.ca.providers.gcp_names import Target, resolve
from getmesh.ca.providers.gcp_request import certificate_request
from getmesh.ca.providers.issuer import Issued, Request, Terms, demand_fitting_issuer, read_chain, shortened
from getmesh.errors import ProviderError, UsageError
from getmesh.ports.clock import Clock, SystemClock

_ATTEMPTS: Final = 4
_SECONDS: Final = 60.0
_MODES: Final = ("config", "csr")


class GcpIssuer:
    """Has a CA pool sign.

    Args:
        options: ``casCAName``, ``caPool``, ``maxIssuerPathLen``, ``issuanceMode``, ``endpoint``.
        client_factory: for another client than the usual one.
        clock: passes the time between attempts.
    """

    name = "gcp"

    def __init__(
        self, options: dict[str, Any], client_factory: Callable[[], Any] | None = None, clock: Clock | None = None
    ) -> None:
        self._named = str(options.get("casCAName") or "")
        self._pool = str(options.get("caPool") or "")
        self._length = int(options.get("maxIssuerPathLen") or 0)
        self._mode = str(options.get("issuanceMode") or "config")
        if self._mode not in _MODES:
            raise UsageError(f"issuance mode {self._mode!r} is none", hint=f"Choose one of {', '.join(_MODES)}.")
        if self._length < 0:
            raise UsageError(f"a path length of {self._length} is not possible")
        endpoint = str(options.get("endpoint") or "")
        self._factory = client_factory or (lambda: open_client(endpoint))
        self._clock = clock or SystemClock()
        self._target: Target | None = None

    def preflight(self, wish: Wish, now: datetime) -> Terms:
        """Resolve the name and read the CA or the pool: state, life, path length, roots."""
        with _client(self._factory) as client, _translated(self._named):
            target = self._resolved(client)
            chain, facts, warnings = _look(client, target)
        if chain:
            warnings = (*warnings, *demand_fitting_issuer(chain[0], wish, now))
        roots = tuple(one for one in chain if pem.is_self_signed(one))
        return Terms(target.text, chain[0] if chain else None, (*target.notes, *facts), warnings, roots)

    def issue(self, request: Request) -> Issued:
        """Create the certificate; one request id for all attempts, so that it is issued once."""
        with _client(self._factory) as client, _translated(self._named):
            target = self._resolved(client)
            message = certificate_request(target, request, self._mode, self._length)
            answer = self._patiently(lambda: client.create_certificate(message, timeout=_SECONDS))
        found = read_chain([answer.pem_certificate, *answer.pem_certificate_chain], "Google")
        if not found:
            raise ProviderError(f"{target.text}: Google answered without a certificate")
        return Issued(found[0], found[1:], [], answer.name, shortened(found[0], request.wish, datetime.now(UTC)))

    def _resolved(self, client: Any) -> Target:
        if self._target is None:
            self._target = resolve(client, self._named, self._pool)
        return self._target

    def _patiently(self, call: Callable[[], Any]) -> Any:
        from google.api_core import exceptions  # noqa: PLC0415 - an extra

        for attempt in range(_ATTEMPTS):
            try:
                return call()
            except (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded, exceptions.Aborted):
                if attempt == _ATTEMPTS - 1:
                    raise
                self._clock.sleep(float(2**attempt))
        raise AssertionError("the last attempt returns or raises")


def _look(client: Any, target: Target) -> tuple[list[Any], tuple[str, ...], tuple[str, ...]]:
    """Give the issuer's chain with facts and warnings; the right to read may be missing, which is no failure."""
    from google.api_core import exceptions  # noqa: PLC0415 - an extra

    try:
        if target.authority:
            about = client.get_certificate_authority(name=f"{target.pool}/certificateAuthorities/{target.authority}")
            state = getattr(about.state, "name", str(about.state))
            if state not in {"ENABLED", "STATE_UNSPECIFIED"}:
                raise ProviderError(f"{target.text} is {state}, not ENABLED")
            return read_chain(list(about.pem_ca_certificates), "Google"), (f"state {state}",), ()
        answer = client.fetch_ca_certs(ca_pool=target.pool)
        chains = [read_chain(list(entry.certificates), "Google") for entry in answer.ca_certs]
    except exceptions.PermissionDenied:
        return [], (), ("the issuer could not be looked at beforehand: roles/privateca.auditor is missing",)
    if len(chains) > 1:
        return [], (f"the pool has {len(chains)} CAs and picks one",), ()
    return (chains[0] if chains else []), (), ()


@contextmanager
def _client(factory: Callable[[], Any]) -> Iterator[Any]:
    with _translated("Google"):
        client = factory()
    try:
        yield client
    finally:
        client.transport.close()


@contextmanager
def _translated(named: str) -> Iterator[None]:
    """Turn what Google's client raises into what users understand."""
    try:
        from google.api_core import exceptions  # noqa: PLC0415 - an extra
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError("Google support is not installed", hint="Install it: pip install 'getmesh[gcp]'.") from None
    cures = {
        exceptions.NotFound: "Look at project, location, pool and CA of the name.",
        exceptions.PermissionDenied: "The caller needs roles/privateca.certificateRequester on the pool.",
        exceptions.InvalidArgument: "The pool's policy does not allow it; try the other issuanceMode (config or csr).",
        exceptions.FailedPrecondition: "Enable the CA, or take another one of the pool.",
        exceptions.ResourceExhausted: "Wait, or ask for a higher quota.",
    }
    try:
        yield
    except exceptions.GoogleAPICallError as error:
        hint = next((cure for kind, cure in cures.items() if isinstance(error, kind)), "")
        raise ProviderError(f"{named}: Google answered {type(error).__name__}: {error.message}", hint=hint) from None
    except exceptions.GoogleAPIError as error:
        raise ProviderError(f"{named}: {error}") from None
    except GoogleAuthError as error:
        raise ProviderError(
            f"{named}: no credentials: {error}", hint="Log in: gcloud auth application-default login."
        ) from None
