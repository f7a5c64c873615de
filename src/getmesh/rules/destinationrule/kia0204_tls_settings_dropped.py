"""KIA0204: a DestinationRule drops the TLS settings of a wider one."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_destinationrules import KialiDestinationRules, RuleFacts
from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.kiali_mtls import MESH_HOST
from getmesh.model.objects import Object, as_list, as_map
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0204",
    name="destinationrule-tls-settings-dropped",
    severity=Severity.WARNING,
    title="DestinationRule drops the mutual TLS that a wider rule turns on",
    means=(
        "Another DestinationRule sets ISTIO_MUTUAL for this host, its namespace or the mesh, "
        "and this one says nothing of TLS; the two are not merged."
    ),
    why="Clients that use this rule send plain text, which servers that demand mutual TLS refuse.",
    fix="Add trafficPolicy.tls with mode ISTIO_MUTUAL to this rule, or state the mode that is meant.",
    message="host {host!r} loses the ISTIO_MUTUAL setting of DestinationRule {other} for {other_host!r}",
    reads=(),
    uses=(KialiDestinationRules, KialiHosts),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each rule without TLS settings beside one that turns mutual TLS on for its host."""
    rules, hosts = snapshot.service(KialiDestinationRules), snapshot.service(KialiHosts)
    mutual: dict[str, list[RuleFacts]] = {}
    for facts in rules.all:
        if facts.mode == "ISTIO_MUTUAL":
            mutual.setdefault(facts.raw, []).append(facts)
    for facts in rules.all if mutual else ():
        if _has_tls(facts.rule):
            continue
        host = hosts.strict(facts.raw, facts.rule.namespace)
        inside = rules.inside(facts)
        for text in dict.fromkeys((host.text, hosts.key("*", host.namespace), MESH_HOST)):
            other = next((twin for twin in mutual.get(text, ()) if inside & rules.inside(twin)), None)
            if other is not None:
                related = (Related(other.rule, ("spec", "trafficPolicy", "tls"), "turns mutual TLS on"),)
                yield META.on(
                    facts.rule,
                    ("spec", "trafficPolicy"),
                    related=related,
                    host=facts.raw,
                    other=other.rule.full_name,
                    other_host=other.raw,
                )
                break


def _has_tls(rule: Object) -> bool:
    policy = as_map(rule.spec.get("trafficPolicy"))
    ports = as_list(policy.get("portLevelSettings"))
    return isinstance(policy.get("tls"), dict) or any(isinstance(as_map(port).get("tls"), dict) for port in ports)
