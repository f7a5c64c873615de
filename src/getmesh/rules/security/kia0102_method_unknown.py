"""KIA0102: an AuthorizationPolicy names a method that HTTP does not have."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import entries
from getmesh.model.snapshot import Snapshot

METHODS: Final = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")

META = RuleMeta(
    code="KIA0102",
    name="authorizationpolicy-method-unknown",
    severity=Severity.WARNING,
    title="AuthorizationPolicy names a method that HTTP does not have",
    means="The text is neither an HTTP method nor a pattern with one star, at the start or the end, that fits one.",
    why="No request has that method, so this part of the rule never matches.",
    fix="Use an HTTP method such as GET; the method of a gRPC call is POST, its name belongs into paths.",
    message="{method!r} is no HTTP method",
    reads=("AuthorizationPolicy",),
    uses=(KialiMembership,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0102---only-http-methods-and-fully-qualified-grpc-names-are-allowed",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each entry of ``operation.methods`` that is none; blanks and case do not count."""
    membership = snapshot.service(KialiMembership)
    for policy in membership.objects("AuthorizationPolicy"):
        if membership.managed(policy.namespace):
            for text, path in entries(policy, "to", "operation", "methods"):
                if not _is_method(text.strip().upper()):
                    yield META.on(policy, path, method=text)


def _is_method(text: str) -> bool:
    if text == "*" or text in METHODS:
        return True
    starts, ends = text.endswith("*"), text.startswith("*")
    if starts == ends:
        return False
    part = text[:-1] if starts else text[1:]
    return any(method.startswith(part) if starts else method.endswith(part) for method in METHODS)
