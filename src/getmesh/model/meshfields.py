"""The fields of mesh configuration, wherever it stands: what is unknown, mistyped, deprecated or gone."""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from getmesh.model.fields.decoding import decode_message
from getmesh.model.fields.oddities import Inspector
from getmesh.model.fields.table import Table, table
from getmesh.model.meshconfig import DEFAULT_NAMESPACE
from getmesh.model.objects import Object, as_map
from getmesh.model.paths import Path, path_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation.extensionproviders import provider_faults
from getmesh.model.validation.faults import Fault
from getmesh.model.validation.meshconfig import mesh_config_faults

_TABLES = {"mesh": "mesh.MeshConfig", "meshNetworks": "mesh.MeshNetworks"}


class MeshOddity(NamedTuple):
    """Something odd in mesh configuration.

    Attributes:
        object: the ConfigMap or IstioOperator.
        path: place in the object; in a ConfigMap that of the whole text.
        sort: as in `getmesh.model.fields.oddities`; ``refused`` for what Istio does not accept, ``provider`` for
            extension providers that it leaves out.
        name: the field, from the root of mesh configuration.
        detail: as the sort has it.
        value: what stands there.
    """

    object: Object
    path: Path
    sort: str
    name: str
    detail: str
    value: Any


class MeshFields:
    """Oddities of the ConfigMaps ``istio`` and ``istio-REVISION``, of each IstioOperator, and of what the user gave."""

    READS: ClassVar[frozenset[str]] = frozenset({"ConfigMap", "IstioOperator"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._minor = snapshot.settings.istio_version[1]
        self.found: list[MeshOddity] = []
        for config_map in snapshot.within("ConfigMap", DEFAULT_NAMESPACE):
            if config_map.name == "istio" or config_map.name.startswith("istio-"):
                for key, name in _TABLES.items():
                    self._look(config_map, ("data", key), config_map.embedded.get(key), name, text=True)
        given = {"mesh.MeshConfig": snapshot.settings.mesh_config, "mesh.MeshNetworks": snapshot.settings.mesh_networks}
        for name, value in given.items():
            self._look(_given(name.removeprefix("mesh.")), (), value, name)
        for operator in snapshot.each("IstioOperator"):
            self._look(operator, ("spec", "meshConfig"), operator.spec.get("meshConfig"), "mesh.MeshConfig")
            values = as_map(operator.spec.get("values")).get("meshConfig")
            self._look(operator, ("spec", "values", "meshConfig"), values, "mesh.MeshConfig")

    def _look(self, obj: Object, path: Path, value: Any, name: str, *, text: bool = False) -> None:
        fields = table(name)
        if value is None or fields is None:
            return
        inspector = Inspector(self._minor, both=True)
        inspector.message(fields.root, value, ())
        for oddity in inspector.found:
            here = Object({"spec": value}).field("spec", *oddity.path).value
            place = path if text else (*path, *oddity.path)
            self.found.append(MeshOddity(obj, place, oddity.sort, path_text(oddity.path), oddity.detail, here))
        if name == "mesh.MeshConfig" and not any(oddity.sort == "type" for oddity in inspector.found):
            for sort, fault in _semantic(fields, value):
                place = path if text else (*path, *fault.path)
                self.found.append(MeshOddity(obj, place, sort, path_text(fault.path), fault.text, None))


def _given(kind: str) -> Object:
    """Give an object that stands for what the user named on the command line."""
    meta = {"name": kind.lower(), "namespace": DEFAULT_NAMESPACE}
    return Object({"apiVersion": "mesh.istio.io/v1alpha1", "kind": kind, "metadata": meta})


def _semantic(fields: Table, value: Any) -> Iterator[tuple[str, Fault]]:
    """Yield what Istio refuses of a mesh configuration whose types are right, and what it merely logs."""
    for fault in mesh_config_faults(value).errors:
        yield "refused", fault
    for fault in provider_faults(decode_message(fields.root, value).values.get("extensionProviders", [])).errors:
        yield "provider", fault
