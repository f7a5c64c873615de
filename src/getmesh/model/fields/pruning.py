"""Objects as the API server stores them: unknown fields and nulls gone, defaults of the CRD filled in.

Only what can change a verdict: Istio's kinds are pruned by their field tables, and of several arms of a choice the one
that readers of the API keep stays; of the Gateway API's defaults those are filled in that say what a reference means.
"""

from typing import Any, Final

from getmesh.model.fields import schema
from getmesh.model.fields.table import Field, Message, table
from getmesh.model.kinds import GATEWAY_API
from getmesh.model.objects import Object, as_list, as_map

_PARENT: Final = {"group": GATEWAY_API, "kind": "Gateway"}
_BACKEND: Final = {"group": "", "kind": "Service", "weight": 1}
_ROUTES: Final = frozenset({"HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"})


def stored(obj: Object) -> Object:
    """Give the object as stored; the same object if storing changes nothing."""
    fields = table(obj.key)
    if fields is not None and fields.proto and fields.spec is not None:
        spec = obj.raw.get("spec")
        if not isinstance(spec, dict) or schema.fits(obj.key, spec):
            return obj
        return _with_spec(obj, _pruned(fields.spec, spec))
    if obj.key in _ROUTES:
        return _with_spec(obj, _route(_without_nulls(obj.spec)))
    if obj.key == "k8s.Gateway":
        return _with_spec(obj, _gateway(_without_nulls(obj.spec)))
    return obj


def _with_spec(obj: Object, spec: dict[str, Any]) -> Object:
    return Object({**obj.raw, "spec": spec}, obj.origin, obj.notes, obj.embedded)


def _pruned(message: Message, raw: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in raw.items():
        field = message.fields.get(name)
        if field is not None and value is not None:
            found[name] = _field(field, value)
    for arms in message.arms:
        for arm in [arm for arm in arms if arm in found][:-1]:
            del found[arm]
    return found


def _field(field: Field, value: Any) -> Any:
    message = field.message
    if message is None:
        return value
    if field.of == "list" and isinstance(value, list):
        return [_pruned(message, item) if isinstance(item, dict) else item for item in value]
    if field.of == "map" and isinstance(value, dict):
        return {key: _pruned(message, item) if isinstance(item, dict) else item for key, item in value.items()}
    return _pruned(message, value) if isinstance(value, dict) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _defaulted(items: Any, defaults: dict[str, Any]) -> list[Any]:
    return [{**defaults, **item} if isinstance(item, dict) else item for item in as_list(items)]


def _route(spec: dict[str, Any]) -> dict[str, Any]:
    if "parentRefs" in spec:
        spec["parentRefs"] = _defaulted(spec["parentRefs"], _PARENT)
    for rule in as_list(spec.get("rules")):
        if not isinstance(rule, dict):
            continue
        if "backendRefs" in rule:
            rule["backendRefs"] = _defaulted(rule["backendRefs"], _BACKEND)
        for item in as_list(rule.get("filters")):
            mirror = as_map(as_map(item).get("requestMirror"))
            if isinstance(mirror, dict) and isinstance(mirror.get("backendRef"), dict):
                mirror["backendRef"] = {"group": "", "kind": "Service", **mirror["backendRef"]}
    return spec


def _gateway(spec: dict[str, Any]) -> dict[str, Any]:
    for listener in as_list(spec.get("listeners")):
        if not isinstance(listener, dict):
            continue
        allowed = listener.setdefault("allowedRoutes", {})
        if isinstance(allowed, dict):
            namespaces = allowed.setdefault("namespaces", {})
            if isinstance(namespaces, dict):
                namespaces.setdefault("from", "Same")
    if "addresses" in spec:
        spec["addresses"] = _defaulted(spec["addresses"], {"type": "IPAddress"})
    return spec
