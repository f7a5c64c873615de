"""How Kiali reads host names. Istio's own reading is in `getmesh.model.hosts`: the two differ.

Kiali: ``models/host.go`` (``ParseHost``, ``GetHost``, ``HostWithinWildcardHost``).
"""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.snapshot import Snapshot

_TWO, _THREE = 2, 3


class KialiHost(NamedTuple):
    """A host as Kiali understands it.

    Attributes:
        service: name of the Service; the whole raw text if the host is external.
        namespace: of the Service, ``""`` if external.
        full: whether this is a Service of the cluster.
        text: ``service.namespace.domain`` if full, else the raw text: what two hosts are compared by.
    """

    service: str
    namespace: str
    full: bool
    text: str

    @property
    def is_wildcard(self) -> bool:
        """Whether the service part starts with a star."""
        return self.service.startswith("*")

    @property
    def pair(self) -> tuple[str, str]:
        """(service, namespace); of an external host its first two labels."""
        if self.full:
            return self.service, self.namespace
        labels = self.service.split(".", _TWO)
        return labels[0], labels[1] if len(labels) > 1 else ""


def within(host: str, wildcard: str) -> bool:
    """Whether a host lies under a wildcard; labels are never cut, and the host may be a wildcard itself."""
    return wildcard == "*" or (wildcard.startswith("*.") and host.endswith(wildcard[1:]))


def wildcards_over(host: str) -> Iterator[str]:
    """Yield every wildcard text, the lone star included, that the host lies under."""
    place = host.find(".")
    while place >= 0:
        yield "*" + host[place:]
        place = host.find(".", place + 1)
    yield "*"


class KialiHosts:
    """Reads hosts in the light of the namespaces and the trust domain of the mesh; answers are kept.

    Attributes:
        domain: what Kiali puts behind ``name.namespace.``.
    """

    READS: ClassVar[frozenset[str]] = KialiMembership.READS

    def __init__(self, snapshot: Snapshot) -> None:
        self._membership = snapshot.service(KialiMembership)
        self.domain = self._membership.domain
        self._domains = self._membership.domains
        self._resolved: dict[tuple[str, str], KialiHost] = {}

    def resolve(self, host: str, namespace: str) -> KialiHost:
        """Read a host of an object in a namespace: short, two-part, ``name.ns.svc`` and full names are Services.

        A two-part name is one only if its second part is a known namespace. Everything else is external. Case counts.
        """
        found = self._resolved.get((host, namespace))
        if found is None:
            found = self._resolved[host, namespace] = self._resolve(host, namespace)
        return found

    def imported(self, host: str, namespace: str) -> KialiHost:
        """Read a host as Sidecars do that limit what is imported: to them ``name.`` is external."""
        if host.endswith(".") and host.count(".") == 1:
            return KialiHost(host, "", full=False, text=host)
        return self.resolve(host, namespace)

    def strict(self, host: str, namespace: str) -> KialiHost:
        """Read a host where two- and three-part names count as external."""
        parts = host.split(".", _TWO)
        if len(parts) == 1:
            return self._full(host, namespace)
        if len(parts) > _TWO and parts[_TWO] in self._domains:
            return self._full(parts[0], parts[1])
        return KialiHost(host, "", full=False, text=host)

    def gateway(self, reference: str, namespace: str) -> str:
        """Give the full text of a Gateway reference: dotted names are cut at dots, others at slashes."""
        name, rest = reference, ""
        if "." in reference:
            parts = reference.split(".", _TWO)
            name, namespace = parts[0], parts[1]
            rest = parts[_TWO] if len(parts) > _TWO else ""
        elif "/" in reference:
            namespace, name = reference.split("/")[:_TWO]
        return f"{name}.{namespace}.{self.domain if not rest or rest in self._domains else rest}"

    def targets(self, host: KialiHost) -> tuple[str, ...]:
        """Give the texts of the hosts that a host refers to: its own, and those that it abbreviates.

        A two-part name of an unknown namespace stands for the Service of that name, and a final dot means nothing.
        """
        if host.full:
            return (host.text,)
        found = [host.text]
        if host.text.count(".") == 1:
            found.append(f"{host.text}.{self.domain}")
        if host.text.endswith("."):
            found.append(host.text[:-1])
        return tuple(found)

    def key(self, name: str, namespace: str) -> str:
        """Give the full text of an object or Service."""
        return f"{name}.{namespace}.{self.domain}"

    def is_full_name(self, rest: str) -> bool:
        """Whether what follows ``name.namespace.`` makes a Service's full name."""
        return rest in self._domains

    def _full(self, service: str, namespace: str) -> KialiHost:
        return KialiHost(service, namespace, full=True, text=f"{service}.{namespace}.{self.domain}")

    def _resolve(self, host: str, namespace: str) -> KialiHost:
        parts = host.split(".", _TWO)
        count = len(parts)
        if count == 1:
            return self._full(host, namespace)
        short = count == _TWO and (parts[1] == namespace or self._membership.known(parts[1]))
        if short or (count == _THREE and (parts[_TWO] == "svc" or parts[_TWO] in self._domains)):
            return self._full(parts[0], parts[1])
        return KialiHost(host, "", full=False, text=host)
