"""Who may see an object: the scopes that ``exportTo`` names, as istioctl's analyzers read them."""

from typing import Final

from getmesh.model.objects import Object, as_list, as_text

EVERYWHERE: Final = "*"
SERVICE_ANNOTATION: Final = "networking.istio.io/exportTo"


def export_to(obj: Object) -> tuple[str, ...]:
    """Give ``spec.exportTo`` as written."""
    entries = obj.spec.get("exportTo")
    return tuple(as_text(entry) for entry in as_list(entries)) if entries else ()


def scopes(obj: Object) -> tuple[str, ...]:
    """Give the namespaces that see an Istio object, each once, in order of writing; ``("*",)`` means all.

    ``.`` is the object's own namespace. ``~`` stays a scope of its own, which only ``~`` shares
    (Istio: ``pkg/config/analysis/analyzers/util``).
    """
    entries = export_to(obj)
    if not entries or EVERYWHERE in entries:
        return (EVERYWHERE,)
    return tuple(dict.fromkeys(obj.namespace if entry == "." else entry for entry in entries))


def service_scopes(obj: Object) -> tuple[str, ...]:
    """Give the namespaces that see a Kubernetes Service, from its annotation; entries are trimmed, else verbatim."""
    text = obj.annotations.get(SERVICE_ANNOTATION, "")
    if not text:
        return (EVERYWHERE,)
    entries = [entry.strip() for entry in text.split(",")]
    return tuple(obj.namespace if entry == "." else entry for entry in entries)
