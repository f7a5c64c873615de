"""Google's CA Service on loopback, made of the client's own message classes; it signs for real."""

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509.oid import NameOID
from google.cloud.security import privateca_v1 as pca

from getmesh.ca import pem
from tests.fakes.authorities import NOW, Authority, make

SERVICE = "google.cloud.security.privateca.v1.CertificateAuthorityService"
LOCATION = "projects/tetrate-io-istio/locations/us-west1"
POOL = f"{LOCATION}/caPools/mesh"
CA = "tetrate-example-io"
_ATTRIBUTES = {
    "country_code": NameOID.COUNTRY_NAME,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "common_name": NameOID.COMMON_NAME,
}


class FakeCas:
    """A pool with CAs; methods are named as the service's and take (request, context)."""

    def __init__(self, issuer: Authority, *above: Authority) -> None:
        self.issuer, self.chain = issuer, [issuer, *above]
        self.authorities = {POOL: [CA]}
        self.state = "ENABLED"
        self.seen: dict[str, Any] = {}
        self.requests: list[Any] = []
        self.refuse: dict[str, Any] = {}
        self.unavailable = 0
        self.garbage = False

    def _texts(self) -> list[str]:
        return [one.pem.decode() for one in self.chain]

    def CreateCertificate(self, request: Any, context: Any) -> Any:  # noqa: N802 - the service's name
        """Sign; once per request id."""
        self._maybe_refuse("CreateCertificate", context)
        self.requests.append(request)
        if self.unavailable:
            self.unavailable -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "try again")
        if request.parent not in self.authorities:
            context.abort(grpc.StatusCode.NOT_FOUND, "Requested entity was not found.")
        if request.request_id in self.seen:
            return self.seen[request.request_id]
        text = "garbage" if self.garbage else self._sign(request.certificate).decode()
        name = f"{request.parent}/certificates/{request.certificate_id}"
        answer = pca.Certificate(name=name, pem_certificate=text, pem_certificate_chain=self._texts())
        self.seen[request.request_id] = answer
        return answer

    def GetCertificateAuthority(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """Show a CA."""
        self._maybe_refuse("GetCertificateAuthority", context)
        pool, _, authority = request.name.partition("/certificateAuthorities/")
        if authority not in self.authorities.get(pool, []):
            context.abort(grpc.StatusCode.NOT_FOUND, "Requested entity was not found.")
        return pca.CertificateAuthority(name=request.name, pem_ca_certificates=self._texts(), state=self.state)

    def FetchCaCerts(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """Show the chains of a pool."""
        if request.ca_pool not in self.authorities:
            context.abort(grpc.StatusCode.NOT_FOUND, "Requested entity was not found.")
        return pca.FetchCaCertsResponse(ca_certs=[{"certificates": self._texts()}])

    def ListCaPools(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """List the pools."""
        self._maybe_refuse("ListCaPools", context)
        found = [pca.CaPool(name=name) for name in self.authorities if name.startswith(request.parent)]
        return pca.ListCaPoolsResponse(ca_pools=found)

    def ListCertificateAuthorities(self, request: Any, context: Any) -> Any:  # noqa: N802 - as above
        """List the CAs of a pool."""
        self._maybe_refuse("ListCertificateAuthorities", context)
        names = [f"{request.parent}/certificateAuthorities/{one}" for one in self.authorities[request.parent]]
        found = [pca.CertificateAuthority(name=name) for name in names]
        return pca.ListCertificateAuthoritiesResponse(certificate_authorities=found)

    def _maybe_refuse(self, method: str, context: Any) -> None:
        if method in self.refuse:
            context.abort(self.refuse[method], "refused by the test")

    def _sign(self, certificate: Any) -> bytes:
        if pca.Certificate.pb(certificate).WhichOneof("certificate_config") == "config":
            config = certificate.config
            options = config.x509_config.ca_options
            key: Any = load_pem_public_key(config.public_key.key)
            length = options.max_issuer_path_length if "max_issuer_path_length" in options else None
            constraints = x509.BasicConstraints(bool(options.is_ca), length)
            name = _name(config.subject_config.subject)
        else:
            csr = x509.load_pem_x509_csr(certificate.pem_csr.encode())
            key, name = csr.public_key(), csr.subject
            constraints = csr.extensions.get_extension_for_class(x509.BasicConstraints).value
        end = min(
            NOW + timedelta(seconds=certificate.lifetime.total_seconds()), self.issuer.certificate.not_valid_after_utc
        )

        class _Held:
            def public_key(self) -> Any:
                return key

        days = (end - NOW).total_seconds() / 86400
        made = make("", self.issuer, key=_Held(), days=days, constraints=constraints, subject_name=name)
        return pem.encode([made.certificate])


def _name(subject: Any) -> x509.Name:
    if subject.rdn_sequence:
        parts = [part for name in subject.rdn_sequence for part in name.attributes]
        return x509.Name([_attribute(part) for part in parts])
    found = [(oid, getattr(subject, field)) for field, oid in _ATTRIBUTES.items()]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in found if value])


def _attribute(part: Any) -> x509.NameAttribute[str]:
    if part.object_id.object_id_path:
        oid = x509.ObjectIdentifier(".".join(map(str, part.object_id.object_id_path)))
    else:
        oid = _ATTRIBUTES[part.type_.name.lower()]
    return x509.NameAttribute(oid, part.value)


@contextmanager
def served(fake: FakeCas) -> Iterator[str]:
    """Serve on loopback; give the endpoint."""
    kinds: dict[str, tuple[Any, Any]] = {
        "CreateCertificate": (pca.CreateCertificateRequest, pca.Certificate),
        "GetCertificateAuthority": (pca.GetCertificateAuthorityRequest, pca.CertificateAuthority),
        "FetchCaCerts": (pca.FetchCaCertsRequest, pca.FetchCaCertsResponse),
        "ListCaPools": (pca.ListCaPoolsRequest, pca.ListCaPoolsResponse),
        "ListCertificateAuthorities": (pca.ListCertificateAuthoritiesRequest, pca.ListCertificateAuthoritiesResponse),
    }
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(
            getattr(fake, method), request_deserializer=taken.deserialize, response_serializer=given.serialize
        )
        for method, (taken, given) in kinds.items()
    }
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(None).wait(5)
