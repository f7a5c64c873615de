"""IST0161: the Secret that a Gateway names holds no usable certificate."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.certificates import Certificates
from getmesh.model.credentials import Credentials
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0161",
    name="gateway-credential-unusable",
    severity=Severity.ERROR,
    title="The Secret of a Gateway's server holds no usable certificate",
    means="The Secret that credentialName refers to lacks a certificate or key, or the certificate cannot be read or "
    "is not valid today.",
    why="The gateway serves no TLS on that port: clients get a reset connection or a certificate error.",
    fix="Store a valid certificate and its key as tls.crt and tls.key, or renew the certificate.",
    message="Secret {secret!r} of credentialName {credential!r} is of no use: {problem}",
    reads=(),
    uses=(Credentials, Certificates),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "A Secret in a file that uses stringData is said to hold no certificate.",
            "Text under stringData counts, since a cluster stores it as data.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0161/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each server whose Secret is there and unusable; missing ones are IST0101's."""
    secrets = snapshot.service(Certificates)
    for named in snapshot.service(Credentials).each():
        problem = secrets.problem(named.secret)
        if problem:
            secret = "/".join(named.secret)
            yield META.on(named.gateway, named.path, secret=secret, credential=named.text, problem=problem)
