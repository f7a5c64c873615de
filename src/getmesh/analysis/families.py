"""How each reference sees the objects; a rule of that family is handed this view.

istioctl drops some namespaces and, on files, assumes a default ingress gateway. Kiali sees custom resources after
the API server pruned and defaulted them.
"""

from collections.abc import Callable
from typing import Final

from getmesh.model.istioctl_view import istioctl_view
from getmesh.model.kiali_view import kiali_view
from getmesh.model.snapshot import Snapshot


def _as_is(snapshot: Snapshot) -> Snapshot:
    return snapshot


_VIEWS: Final[dict[str, Callable[[Snapshot], Snapshot]]] = {
    "istioctl": istioctl_view,
    "kiali": kiali_view,
    "getmesh": _as_is,
}


def view_for(snapshot: Snapshot, family: str) -> Snapshot:
    """Give the snapshot as ``istioctl``, ``kiali`` or ``getmesh`` rules see it; built once per snapshot."""
    return snapshot.view(family, _VIEWS[family])
