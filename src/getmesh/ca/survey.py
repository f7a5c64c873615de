"""Collects the status of a mesh's CA from its cluster."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.cacerts import NAME, is_plugged_in
from getmesh.ca.issuing import SELF_SIGNED
from getmesh.ca.secrets import ClusterWriter, SecretStore
from getmesh.ca.serving import Served, look_at_istiods
from getmesh.ca.status import SERVED, Status, judge_roots, judge_workloads
from getmesh.ca.workloads import ClusterReach, Fetch, Seen, list_proxies, look, pages
from getmesh.errors import ClusterError, InputError
from getmesh.ports.cluster import ClusterRefused

ROOT_MAP = "istio-ca-root-cert"


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at.

    Attributes:
        namespaces: of workloads and ConfigMaps, empty for all.
        fetch: gets dumps of proxies, None to leave workloads out.
        dumps: what dumps in files hold.
        secret: whether the CA is read from its Secret; if not, what istiod serves is taken for it.
        istiod: ``pods`` for all that run there, ``HOST:PORT`` for one elsewhere, ``none`` or ``""`` to leave it out.
    """

    namespaces: Sequence[str] = ()
    fetch: Fetch | None = None
    dumps: Sequence[Seen] = field(default=())
    istiod: str = ""
    secret: bool = True


def survey(port: ClusterReach, namespace: str, scope: Scope, now: datetime) -> Status:
    """Look at everything in scope; what cannot be looked at becomes a gap, not a failure.

    Raises:
        ClusterError: not even the CA's Secret can be looked for.
    """
    gaps: list[str] = []
    source, bundle = find_ca(SecretStore(port, namespace)) if scope.secret else (SERVED, None)
    served = look_at_istiods(port, namespace, scope.istiod, gaps)
    maps = root_maps(port, scope.namespaces, gaps)
    if not scope.secret:
        bundle = as_served(served, dict(maps).get(namespace, ""))
    seen = list(scope.dumps)
    if scope.fetch is not None:
        try:
            seen += look(list_proxies(port, scope.namespaces), scope.fetch)
        except ClusterError as error:
            gaps.append(f"workloads: {error.message}")
    gaps += [f"{one.proxy}: {one.fault}" for one in seen if one.fault]
    if bundle is None and any(one.held for one in seen):
        gaps.append("no CA is known to compare certificates with")
    return Status(source, bundle, served, judge_roots(maps, bundle), judge_workloads(seen, bundle, now), tuple(gaps))


def find_ca(store: SecretStore) -> tuple[str, Bundle | None]:
    """Give the CA that istiod signs with, and the Secret that it is from: the plugged-in one, else istiod's own.

    Raises:
        ClusterError: the Secrets cannot be read.
        InputError: the Secret holds no CA.
    """
    plugged = store.get(NAME)
    if is_plugged_in(plugged) and plugged is not None:
        return NAME, from_data(plugged.data)
    own = store.get(SELF_SIGNED) or plugged  # istiod too looks at its own Secret first
    return (own.name, self_signed(own.data)) if own is not None else ("", None)


def as_served(served: Sequence[Served], roots: str) -> Bundle | None:
    """Give the CA that the first istiod's own certificate is from, without its key; None if that is not seen.

    Args:
        served: what istiods serve.
        roots: those that istiod hands out in its own namespace, ``""`` to take the one that it serves.
    """
    chain = next((one.chain[1:] for one in served if len(one.chain) > 1), ())
    if not chain:
        return None
    below = [one for one in chain if not pem.is_self_signed(one)]
    anchors = roots.encode() or pem.encode(one for one in chain if pem.is_self_signed(one))
    return Bundle(pem.encode(chain[:1]), b"", pem.encode(below), anchors)


def self_signed(data: Mapping[str, bytes]) -> Bundle:
    """Give istiod's own root as a CA that could be plugged in: it signs, so the chain stays empty.

    Raises:
        InputError: there is no certificate in it.
    """
    certificate = data.get("ca-cert.pem") or b""
    if not certificate:
        raise InputError("istiod's own Secret holds no certificate")
    root = data.get("root-cert.pem") or certificate
    return Bundle(certificate, data.get("ca-key.pem") or data.get("key.pem") or b"", b"", root)


def root_maps(port: ClusterWriter, namespaces: Sequence[str], gaps: list[str]) -> list[tuple[str, str]]:
    """Give (namespace, roots) of the ConfigMaps that hand roots to workloads; what is hidden becomes a gap."""
    if not namespaces:
        try:
            items = list(pages(port, "/api/v1/configmaps", {"fieldSelector": f"metadata.name={ROOT_MAP}"}))
        except ClusterError as error:
            gaps.append(f"ConfigMaps {ROOT_MAP}: {error.message}")
            return []
        named = [one for one in items if (one.get("metadata") or {}).get("name") == ROOT_MAP]
        return [(str(one["metadata"].get("namespace") or ""), _text(one)) for one in named]
    found = []
    for namespace in namespaces:
        try:
            value = json.loads(port.get(f"/api/v1/namespaces/{namespace}/configmaps/{ROOT_MAP}"))
        except ClusterRefused as error:
            gaps.append(f"ConfigMap {namespace}/{ROOT_MAP}: {error.message}")
        else:
            found.append((namespace, _text(value)))
    return found


def _text(value: dict[str, object]) -> str:
    data = value.get("data")
    return str(data.get("root-cert.pem") or "") if isinstance(data, dict) else ""
