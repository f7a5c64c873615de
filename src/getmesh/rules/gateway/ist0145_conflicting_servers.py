"""IST0145: two Gateways open one port for one host on the same pods."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.analysis.wording import listing, others
from getmesh.model.gatewaygroups import GatewayGroups
from getmesh.model.gateways import selector, servers
from getmesh.model.objects import Object, as_list, as_map, as_quoted_number, as_text
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0145",
    name="gateway-conflicting-servers",
    severity=Severity.ERROR,
    title="Gateways define the same host and port on the same pods",
    means="Another Gateway whose selector can choose the same pods has a server with this port, address and host.",
    why="Only one of the servers takes effect, so TLS settings or routes of the other are lost without a word.",
    fix="Merge the servers into one Gateway, or give the Gateways different hosts, ports or selectors.",
    message="port {port} for {hosts} is also defined by Gateway {names}, whose pods can be the same ({selector!r})",
    reads=(),
    uses=(GatewayGroups,),
    since="0.1",
    twin="KIA0301",
    differs=(
        Difference(
            "istioctl",
            "Of several servers of a Gateway on one port only the last one is compared, and hosts that were compared "
            "are added to the other Gateway, so that findings are one-sided or depend on order.",
            "Every server of every Gateway is compared, so both sides of a conflict are named.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0145/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each server that another Gateway defines as well."""
    groups = snapshot.service(GatewayGroups)
    owners: dict[tuple[str, int, str, str], dict[str, Object]] = {}
    gateways = groups.serving()
    for gateway in gateways:
        text = selector_text(selector(gateway))
        for port, bind, hosts in _servers(gateway):
            for host in hosts:
                owners.setdefault((text, port, bind, host), {})[gateway.full_name] = gateway
    shared: dict[tuple[str, int, str, str], tuple[dict[str, Object], list[str]]] = {}
    for gateway in gateways:
        labels = selector(gateway)
        text = selector_text(labels)
        for index, (port, bind, hosts) in enumerate(_servers(gateway)):
            key = (text, port, bind, "\0".join(hosts))
            if key not in shared:
                found: dict[str, Object] = {}
                for other in groups.related(labels):
                    for host in hosts:
                        found.update(owners.get((other, port, bind, host), {}))
                shared[key] = (found, sorted(found))
            found, names = shared[key]
            if len(names) > 1:
                first, named = others(names, gateway.full_name)
                related = tuple(Related(found[name], ("spec", "servers"), "defines them too") for name in first)
                yield META.on(
                    gateway, ("spec", "servers", index), related=related,
                    names=named, selector=text, port=port, hosts=listing(map(repr, hosts)),
                )  # fmt: skip


def _servers(gateway: Object) -> Iterator[tuple[int, str, list[str]]]:
    """Yield (port, bind address, hosts) of each server; an absent port is 0."""
    for server in servers(gateway):
        port = as_quoted_number(as_map(server.get("port")).get("number"))
        yield port, as_text(server.get("bind")), [as_text(host) for host in as_list(server.get("hosts"))]
