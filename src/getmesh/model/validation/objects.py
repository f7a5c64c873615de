"""One entry for all kinds: validate an object as Istio's webhook and ``istioctl analyze`` do."""

from collections.abc import Callable
from typing import Any, ClassVar, Final

from getmesh.model.fields import schema
from getmesh.model.fields.decoding import decode
from getmesh.model.fields.table import table
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation import (
    authz,
    destinationrule,
    envoyfilter,
    gateway,
    jwt,
    policies_by_selector,
    serviceentry,
    sidecar,
    telemetry,
    virtualservice,
    wasm,
    workload,
)
from getmesh.model.validation.faults import Faults

_Check = Callable[[dict[str, Any], str, str, Faults], None]

CHECKS: Final[dict[str, _Check]] = {
    "AuthorizationPolicy": authz.validate,
    "DestinationRule": destinationrule.validate,
    "EnvoyFilter": envoyfilter.validate,
    "Gateway": gateway.validate,
    "PeerAuthentication": policies_by_selector.validate_peer,
    "ProxyConfig": policies_by_selector.validate_proxy_config,
    "RequestAuthentication": jwt.validate,
    "ServiceEntry": serviceentry.validate,
    "Sidecar": sidecar.validate,
    "Telemetry": telemetry.validate,
    "TrafficExtension": wasm.validate_extension,
    "VirtualService": virtualservice.validate,
    "WasmPlugin": wasm.validate_plugin,
    "WorkloadEntry": workload.validate_entry,
    "WorkloadGroup": workload.validate_group,
}


def validate(obj: Object, minor: int = schema.NEWEST) -> Faults:
    """Give everything that a minor of Istio finds wrong with an object; nothing for kinds that it does not validate."""
    faults = Faults()
    check, fields = CHECKS.get(obj.key), table(obj.key)
    if check is not None and fields is not None and isinstance(obj.raw, dict):
        written = obj.raw.get("spec")
        spec = written if schema.fits(obj.key, written) else None
        check(decode(fields, obj.raw, minor).spec if spec is None else spec, obj.name, obj.namespace, faults)
    return faults


class Validation:
    """What Istio's field validation says of every object of a snapshot."""

    READS: ClassVar[frozenset[str]] = frozenset(CHECKS)

    def __init__(self, snapshot: Snapshot) -> None:
        self.faulty: list[tuple[Object, Faults]] = []
        minor = snapshot.settings.istio_version[1]
        for kind in CHECKS:
            for obj in snapshot.each(kind):
                found = validate(obj, minor)
                if found.errors or found.warnings or found.lost:
                    self.faulty.append((obj, found))
