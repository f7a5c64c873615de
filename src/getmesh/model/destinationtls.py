"""Whether a DestinationRule's TLS settings let the proxy verify the server's certificate."""

from collections.abc import Mapping
from typing import Any, Final

from getmesh.model.objects import Object, as_map, as_text

_ORIGINATING: Final = frozenset({"SIMPLE", "MUTUAL"})


def unverified(rule: Object, tls: Mapping[str, Any]) -> bool:
    """Whether TLS is originated without any certificate authority to check the server against.

    A ``credentialName`` brings one only together with a workload selector: other sidecars ignore it
    (Istio: ``analyzers/destinationrule/ca-certificate.go``).
    """
    if as_text(tls.get("mode")) not in _ORIGINATING or as_text(tls.get("caCertificates")):
        return False
    return not (as_text(tls.get("credentialName")) and rule.spec.get("workloadSelector") is not None)


def policy(rule: Object) -> Mapping[str, Any]:
    """Give ``spec.trafficPolicy``."""
    return as_map(rule.spec.get("trafficPolicy"))
