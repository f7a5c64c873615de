"""The istiods of a snapshot: their revisions, flags and mesh configuration.

Istio: ``pilot/pkg/bootstrap/mesh.go``. Each istiod reads the ConfigMap ``istio`` of its own namespace, or
``istio-REVISION``; a workload belongs to the istiod of its revision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from getmesh.discovery.flags import Flags
from getmesh.discovery.settings import ROOT_NAMESPACE, Settings, read_settings
from getmesh.model.meshconfig import installation_of, installed_mesh, revision_of
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot

REVISION_LABEL: Final = "istio.io/rev"
_UNREVISED: Final = frozenset({"", "default"})


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """One istiod.

    Attributes:
        namespace: where it runs.
        revision: its revision, ``""`` for the one without.
        flags: from its environment.
        mesh: its mesh configuration.
        deployment: None if it is assumed.
    """

    namespace: str
    revision: str
    flags: Flags
    mesh: Settings
    deployment: Object | None = None

    def reads(self, obj: Object) -> bool:
        """Whether it uses an Istio object: no revision label, or its own."""
        label = obj.labels.get(REVISION_LABEL)
        return not self.revision or label is None or label == self.revision


class ControlPlanes:
    """Every istiod; without a Deployment of one, those that mesh configuration is there for, else one with defaults."""

    READS: ClassVar[frozenset[str]] = frozenset({"ConfigMap", "Deployment", "IstioOperator", "Namespace"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.all: list[ControlPlane] = []
        for deployment in snapshot.each("Deployment"):
            env = _istiod_environment(deployment)
            if env is not None:
                revision = env.get("REVISION") or deployment.labels.get(REVISION_LABEL, "")
                self._add(deployment.namespace, revision, env, deployment)
        if not self.all:
            self._add(ROOT_NAMESPACE, "", {}, None)
            for config_map in snapshot.within("ConfigMap", ROOT_NAMESPACE):
                name, _, revision = config_map.name.partition("-")
                if name == "istio" and revision and "mesh" in as_map(config_map.raw.get("data")):
                    self._add(ROOT_NAMESPACE, revision, {}, None)
            known = {plane.revision for plane in self.all}
            for revision in dict.fromkeys(map(revision_of, snapshot.each("IstioOperator"))):
                if revision not in known:
                    self._add(ROOT_NAMESPACE, revision, {}, None)
        self._by_revision = {_plain(plane.revision): plane for plane in reversed(self.all)}

    def of(self, revision: str) -> ControlPlane:
        """Give the istiod of a revision; an unknown revision belongs to the first istiod."""
        return self._by_revision.get(_plain(revision), self.all[0])

    def of_pod(self, pod: Object) -> ControlPlane:
        """Give the istiod that a pod connects to, by its own revision or its namespace's."""
        revision = pod.annotations.get(REVISION_LABEL) or pod.labels.get(REVISION_LABEL)
        if not revision:
            namespace = self._snapshot.get("Namespace", "", pod.namespace)
            revision = namespace.labels.get(REVISION_LABEL, "") if namespace else ""
        return self.of(revision)

    def _add(self, namespace: str, revision: str, env: Mapping[str, str], deployment: Object | None) -> None:
        flags = Flags.read(env, self._snapshot.settings.istio_version)
        mesh = _mesh(self._snapshot, namespace, revision)
        self.all.append(ControlPlane(namespace, revision, flags, mesh, deployment))


def _plain(revision: str) -> str:
    return "" if revision in _UNREVISED else revision


def _mesh(snapshot: Snapshot, namespace: str, revision: str) -> Settings:
    given = snapshot.settings.mesh_config
    if given is not None:
        return read_settings(given, None)
    suffix = "" if revision in _UNREVISED else f"-{revision}"
    config_map = snapshot.get("ConfigMap", namespace, f"istio{suffix}")
    if config_map is not None:
        text = as_text(as_map(config_map.raw.get("data")).get("mesh"))
        held = config_map.embedded.get("mesh")
        broken = "" if isinstance(held, dict) or not text.strip() or held is None else "it must be a map"
        if "mesh" not in config_map.embedded and text.strip():
            broken = "it cannot be read as YAML"
        return read_settings(as_map(held), config_map, broken)
    operator = installation_of(snapshot, revision)
    return read_settings(installed_mesh(operator.spec) if operator else EMPTY, operator)


def _istiod_environment(deployment: Object) -> Mapping[str, str] | None:
    """Give the environment of an istiod's container, None if the Deployment runs none."""
    if deployment.labels.get("app") != "istiod" and not deployment.name.startswith("istiod"):
        return None
    template = as_map(as_map(deployment.spec.get("template")).get("spec"))
    for item in as_list(template.get("containers")):
        container = as_map(item)
        if container.get("name") == "discovery" or "discovery" in as_list(container.get("args")):
            env = (as_map(entry) for entry in as_list(container.get("env")))
            return {as_text(entry.get("name")): as_text(entry.get("value")) for entry in env}
    return {}
