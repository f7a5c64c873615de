"""Views of proxies as istioctl prints them, and as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from getmesh.discovery.assignment import Row
from getmesh.discovery.bootstrap import bootstrap
from getmesh.discovery.clusters import Cluster
from getmesh.discovery.istiod import Istiod, View
from getmesh.discovery.notes import not_modelled
from getmesh.report.columns import cells, clean, pad

SCHEMA: Final = "getmesh/discovery/v1"
GAP: Final = "     "
ENDPOINT_HEAD: Final = ("ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER")
CLUSTER_HEAD: Final = ("SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE")


class Filter(NamedTuple):
    """What to show, by istioctl's flags; empty ones let everything pass.

    Attributes:
        address, port, cluster, status: of endpoints; cluster and status whatever the case.
        fqdn, direction, subset: parts of a cluster's name.
    """

    address: str = ""
    port: int = 0
    cluster: str = ""
    status: str = ""
    fqdn: str = ""
    direction: str = ""
    subset: str = ""


class Shown(NamedTuple):
    """A view with everything that is shown of it."""

    view: View
    clusters: list[Cluster]
    rows: list[tuple[Cluster, Row]]
    notes: list[str]


def shown(istiod: Istiod, view: View, wanted: Filter | None = None) -> Shown:
    """Collect a view's clusters and rows, those of the bootstrap too, in istioctl's order."""
    wanted = wanted or Filter()
    static = bootstrap(istiod.plane.mesh)
    clusters = [*view.clusters, *(cluster for cluster, _ in static)]
    rows = [*view.endpoints(), *((cluster, row) for cluster, held in static for row in held)]
    return Shown(
        view,
        sorted((cluster for cluster in clusters if _cluster_passes(cluster, wanted)), key=_cluster_order),
        sorted((item for item in rows if _row_passes(item, wanted)), key=_row_order),
        not_modelled(istiod, view),
    )


def endpoint_table(what: Shown) -> str:
    """Give the table of ``istioctl proxy-config endpoints``."""
    rows = [(address_text(row), row[2], "OK", cluster.name) for cluster, row in what.rows]
    return columns(ENDPOINT_HEAD, rows)


def cluster_table(what: Shown) -> str:
    """Give the table of ``istioctl proxy-config clusters``."""
    return columns(CLUSTER_HEAD, [_cluster_row(cluster) for cluster in what.clusters])


def document(what: Shown) -> dict[str, Any]:
    """Give a view as JSON values."""
    proxy = what.view.proxy
    sidecar = what.view.scope.sidecar
    return {
        "schema": SCHEMA,
        "proxy": {
            "name": proxy.name,
            "namespace": proxy.namespace,
            "type": proxy.type,
            "cluster": proxy.cluster,
            "addresses": list(proxy.addresses),
            "labels": dict(sorted(proxy.labels.items())),
            "exists": proxy.pod is not None,
            "sidecar": f"{sidecar.namespace}/{sidecar.name}" if sidecar else "",
        },
        "clusters": [_cluster_document(cluster) for cluster in what.clusters],
        "endpoints": [
            {"cluster": cluster.name, "address": row[0], "port": row[1], "health": row[2]} for cluster, row in what.rows
        ],
        "notModelled": what.notes,
    }


def address_text(row: Row) -> str:
    """Write an address as istioctl does."""
    address, port, _ = row
    return f"{address}:{port}" if port else address


def columns(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out rows as Go's tab writer does: five spaces between columns, the last one unpadded."""
    lines = [tuple(head), *(tuple(clean(text) for text in row) for row in rows)]
    widths = [max(cells(line[index]) for line in lines) for index in range(len(head) - 1)]
    text = ""
    for line in lines:
        parts = [pad(item, widths[index]) for index, item in enumerate(line[:-1])]
        text += GAP.join((*parts, line[-1])) + "\n"
    return text


def _cluster_row(cluster: Cluster) -> tuple[str, ...]:
    if cluster.direction and not cluster.sni:
        return (
            cluster.host, str(cluster.port), cluster.subset or "-", cluster.direction, cluster.type,
            cluster.destination_rule,
        )  # fmt: skip
    return cluster.name, "-", "-", "-", cluster.type, cluster.destination_rule


def _cluster_document(cluster: Cluster) -> dict[str, Any]:
    return {
        "name": cluster.name,
        "fqdn": cluster.host,
        "port": cluster.port,
        "subset": cluster.subset,
        "direction": cluster.direction,
        "type": cluster.type,
        "destinationRule": cluster.destination_rule,
    }


def _cluster_passes(cluster: Cluster, wanted: Filter) -> bool:
    name = cluster.name
    return (
        wanted.fqdn in name
        and wanted.direction in name
        and wanted.subset in name
        and (not wanted.port or f"|{wanted.port}|" in name)
    )


def _row_passes(item: tuple[Cluster, Row], wanted: Filter) -> bool:
    cluster, (address, port, health) = item
    return (
        wanted.address in ("", address)
        and wanted.port in (0, port)
        and wanted.cluster.lower() in ("", cluster.name.lower())
        and wanted.status.lower() in ("", health.lower())
    )


def _cluster_order(cluster: Cluster) -> tuple[str, str, int, str]:
    if cluster.direction and not cluster.sni:
        return cluster.host, cluster.subset, cluster.port, cluster.direction
    return cluster.name, "", 0, ""


def _row_order(item: tuple[Cluster, Row]) -> tuple[str, int, str]:
    cluster, row = item
    return row[0], row[1], cluster.name
