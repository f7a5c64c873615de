"""Rotations of a mesh in miniature: where they begin, where they lead, and calls as a user makes them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from getmesh.ca.bundle import Bundle
from getmesh.ca.cacerts import CaSecret
from getmesh.ca.istiod import Istiods
from getmesh.ca.rotation import KEPT, Rotation, Step
from getmesh.ca.secrets import SecretStore
from getmesh.ca.stages import Stage, Way
from getmesh.ca.survey import Scope, survey
from getmesh.ca.workloads import Proxy
from tests.fakes.authorities import NOW, good_bundle, make
from tests.fakes.rotating_mesh import Mesh
from tests.fakes.secrets_api import SecretsApi

NAMESPACE = "istio-system"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/istiod"
ROOT = make("root", days=3650)
OTHER = make("other root", days=3650)
OLD = good_bundle("old ca", ROOT)
OWN = make("istiod's own", days=3650)
GOALS = {
    Way.SAME_ROOT: good_bundle("new ca", ROOT),
    Way.NEW_ROOT: good_bundle("new ca", OTHER),
    Way.SELF_SIGNED: good_bundle("new ca", OTHER),
}


def mesh_for(way: Way, *, multi_root: bool = True, workloads: int = 4, api: SecretsApi | None = None) -> Mesh:
    """Give a mesh from which that way leads on, behind an API of its own or a given one."""
    api = api or SecretsApi(NAMESPACE, "shop")
    if way is Way.SELF_SIGNED:
        api.put_secret("istio-ca-secret", {"ca-cert.pem": OWN.pem, "ca-key.pem": OWN.key_pem, "root-cert.pem": OWN.pem})
    else:
        api.put_secret("cacerts", OLD.data())
    mesh = Mesh(api, multi_root)
    mesh.start(workloads)
    return mesh


def first_of(way: Way) -> Bundle:
    """Give the CA with which a way begins."""
    return Bundle(OWN.pem, OWN.key_pem, b"", OWN.pem) if way is Way.SELF_SIGNED else OLD


def rotation_of(mesh: Mesh, *, blind: bool = False) -> Rotation:
    """Give the rotation as it is now, with all workloads in sight, or none; a moment passes with each change."""

    def fetch(proxy: Proxy) -> bytes:
        return json.dumps(mesh.dump(proxy.pod)).encode()

    secret = CaSecret(SecretStore(mesh.api, NAMESPACE), kept=KEPT)
    now = NOW + timedelta(milliseconds=mesh.api._version)
    scope = Scope() if blind else Scope(fetch=fetch)
    return Rotation(secret, lambda: survey(mesh.api, NAMESPACE, scope, now), Istiods(mesh.api, NAMESPACE), now)


def present_of(mesh: Mesh) -> Bundle:
    """Give the CA that the Secrets hold."""
    return rotation_of(mesh).present()[0]


def take(mesh: Mesh, *, restarts: bool = True) -> Stage | None:
    """Take the next stage, istiod restarted if that is called for; None if there is none left."""
    rotation = rotation_of(mesh)
    standing = rotation.standing()
    if standing is None:
        return None
    with following(mesh):
        step = rotation.advance(standing, None, restarts=restarts, unseen=False)
    assert step is not None
    return step.stage


def undo(mesh: Mesh, *, restarts: bool = True) -> Step | None:
    """Undo the last stage, or call the rotation off; None if there is none."""
    rotation = rotation_of(mesh)
    standing = rotation.standing()
    if standing is None:
        return None
    with following(mesh):
        if not standing.passed:
            return rotation.call_off(restarts=restarts)
        step = rotation.back(standing, None, restarts=restarts, unseen=False)
    assert step is not None
    return step


@contextmanager
def following(mesh: Mesh) -> Iterator[None]:
    """Let istiod do what the block brings upon it, however the block ends: start anew, or read its files again."""
    before, secret = mesh.api.objects[DEPLOYMENT], mesh.api.secret("cacerts")
    try:
        yield
    finally:
        if mesh.api.objects[DEPLOYMENT] != before:
            mesh.restart()
        elif mesh.api.secret("cacerts") != secret:
            mesh.reload()
