"""To which namespaces Kiali takes an object to be exported."""

from typing import ClassVar, Final

from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import Object, as_list
from getmesh.model.snapshot import Snapshot

EXPORT_ANNOTATION: Final = "networking.istio.io/exportTo"


class KialiVisibility:
    """Reads ``exportTo`` of configuration and of Services, with the mesh's defaults.

    Kiali: ``business/istio_validations`` filters what a namespace sees before it judges. An entry that names no
    known namespace (``~`` too) exports to all; an object of an ambient namespace is seen only there.
    """

    READS: ClassVar[frozenset[str]] = KialiMembership.READS

    def __init__(self, snapshot: Snapshot) -> None:
        self._membership = snapshot.service(KialiMembership)

    def config(self, obj: Object) -> frozenset[str] | None:
        """Give the namespaces that see a VirtualService, DestinationRule or ServiceEntry; None means all."""
        membership = self._membership
        if membership.ambient(obj.namespace):
            return frozenset({obj.namespace})
        listed = [item for item in as_list(obj.spec.get("exportTo")) if isinstance(item, str)]
        if not listed:
            listed = self._default(obj)
        names: set[str] = set()
        for entry in listed:
            if entry == ".":
                names.add(obj.namespace)
            elif entry in membership.visible:
                names.add(entry)
            else:
                return None
        return frozenset(names) if names else None

    def service(self, service: Object, namespace: str) -> bool:
        """Whether a namespace sees a Service; an entry that names no namespace hides it even at home."""
        written = service.annotations.get(EXPORT_ANNOTATION)
        if written is None:
            listed = self._default(service)
        else:
            listed = [part for item in written.split(",") if (part := item.strip())]
        if not listed:
            return True
        at_home = service.namespace == namespace
        return any(entry in ("*", namespace) or (entry == "." and at_home) for entry in listed)

    def _default(self, obj: Object) -> list[str]:
        plane = self._membership.control_plane(obj.namespace)
        return list(plane.mesh.exports.get(obj.key, ())) if plane else []
