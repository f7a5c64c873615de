"""A real istiod is taken from one CA to another, and back, while its workloads connect all the time: nobody fails."""

from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.dumps import identity_of
from getmesh.ca.stages import STAGES, Stage, Way
from getmesh.ca.survey import Scope, survey
from tests.fakes.authorities import good_bundle, make
from tests.rig.api import Api
from tests.rig.programs import missing
from tests.rig.signing import SigningMesh

pytestmark = pytest.mark.e2e

ROOT = make("root", days=3650)
OTHER = make("other root", days=3650)
OLD = good_bundle("old ca", ROOT)
MESHES = [(Way.SAME_ROOT, True), (Way.NEW_ROOT, True), (Way.NEW_ROOT, False), (Way.SELF_SIGNED, True)]


@pytest.mark.parametrize(("way", "multi_root"), MESHES)
def test_there_and_back_and_there_again_without_a_failed_handshake(
    cluster: Api, tmp_path: Path, way: Way, multi_root: bool
) -> None:
    if reason := missing("istiod"):
        pytest.skip(reason)
    old = None if way is Way.SELF_SIGNED else OLD
    new = good_bundle("new ca", ROOT if way is Way.SAME_ROOT else OTHER)
    namespace = f"ca-{way}-{str(multi_root).lower()}"
    with SigningMesh(cluster, tmp_path, namespace, old, new, multi_root=multi_root) as mesh:
        first, _ = mesh.rotation().present()
        for name in mesh.pods.peers:
            leaf = mesh.pods.renew(name)
            assert first.signer is not None
            assert pem.is_issued_by(leaf, first.signer)
            assert identity_of(leaf) == f"spiffe://cluster.local/ns/{namespace}/sa/{name}"
        with mesh.pods.talking():
            mesh.rotation().begin(new)
            before_the_end = list(STAGES[way][:-1])
            assert there(mesh, until=Stage.FINISH) == before_the_end
            assert back(mesh) == before_the_end[::-1]
            assert mesh.rotation().present()[0] == first
            assert_arrived(mesh, first)
            assert there(mesh, until=None) == list(STAGES[way])
        assert mesh.pods.failures == []
        assert mesh.pods.handshakes > 54 * 3 * len(before_the_end)
        assert_arrived(mesh, new)
        assert mesh.secret("cacerts-next") is None


def there(mesh: SigningMesh, until: Stage | None) -> list[Stage | None]:
    """Take stages until one comes next, or until none is left; give those that were taken."""
    taken: list[Stage | None] = []
    while True:
        rotation = mesh.rotation()
        standing = rotation.standing()
        if standing is None or standing.next is until:
            return taken
        step = rotation.advance(standing, None, restarts=True, unseen=False)
        assert step is not None
        mesh.follow(step)
        taken.append(step.stage)


def back(mesh: SigningMesh) -> list[Stage | None]:
    """Undo stages until none is taken; give those that were undone."""
    undone: list[Stage | None] = []
    while True:
        rotation = mesh.rotation()
        standing = rotation.standing()
        assert standing is not None
        if not standing.passed:
            return undone
        step = rotation.back(standing, None, restarts=True, unseen=False)
        assert step is not None
        mesh.follow(step)
        undone.append(step.stage)


def assert_arrived(mesh: SigningMesh, ca: Bundle) -> None:
    """See that a CA signs, that its roots alone are trusted everywhere, and that nobody uses another one."""
    scope = Scope(namespaces=[mesh.namespace], dumps=mesh.pods.seen(), istiod=mesh.pods.address)
    status = survey(mesh.port, mesh.namespace, scope, datetime.now(UTC))
    assert status.faults(datetime.now(UTC), None) == []
    assert status.bundle is not None
    assert (status.bundle.signer, status.bundle.roots) == (ca.signer, ca.roots)
    wanted = {pem.fingerprint(one) for one in ca.roots}
    assert {one.trusts for one in status.workloads} == {frozenset(wanted)}


def test_what_istiod_made_itself_is_untouched_by_a_rotation_that_is_called_off(cluster: Api, tmp_path: Path) -> None:
    if reason := missing("istiod"):
        pytest.skip(reason)
    new = good_bundle("new ca", OTHER)
    with SigningMesh(cluster, tmp_path, "ca-called-off", None, new) as mesh:
        own = mesh.secret("istio-ca-secret")["data"]
        with mesh.pods.talking():
            mesh.rotation().begin(new)
            there(mesh, until=Stage.SWITCH)
            assert mesh.secret() is not None
            back(mesh)
            assert mesh.rotation().call_off(restarts=False).restarted == ()
        assert mesh.pods.failures == []
        assert (mesh.secret(), mesh.secret("cacerts-next")) == (None, None)
        assert mesh.secret("istio-ca-secret")["data"] == own
        leaf = mesh.pods.renew("cart")
        assert pem.is_issued_by(leaf, pem.certificates(b64decode(own["ca-cert.pem"]))[0])
