"""The CA's Secret on a real API server: written, replaced, restored, with the rights that the guide names."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from getmesh.ca.cacerts import CaSecret
from getmesh.ca.secrets import SecretStore
from getmesh.errors import ClusterError
from getmesh.ports.kube import open_kube
from tests.fakes.authorities import good_bundle
from tests.rig.api import Api, RefusedError, grant

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
NAMESPACE = "e2e-ca"
PASSPHRASE = "correct horse battery"


def secret_of(cluster: Api, name: str = "cacerts") -> Any:
    try:
        return cluster.call("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}")
    except RefusedError as error:
        if error.status != 404:
            raise
        return None


@pytest.fixture
def issue(cluster: Api, getmesh: Run) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give a function that runs gen-ca with a local root, as a user of the API, in an empty namespace."""
    cluster.namespace(NAMESPACE)
    if secret_of(cluster):
        cluster.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/cacerts")
    environ = {"GETMESH_CA_PASSPHRASE": PASSPHRASE}
    assert getmesh("ca", "init", "root", "--key-family", "p-256", **environ).returncode == 0

    def run(*arguments: str, user: str = "admin") -> subprocess.CompletedProcess[str]:
        start = ("gen-ca", "-p", "local", "--root-dir", "root", "--key-family", "p-256")
        where = ("--istio-ca-namespace", NAMESPACE, "--kubeconfig", str(cluster.kubeconfig(user)))
        return getmesh(*start, *where, *arguments, **environ)

    return run


def test_the_secret_of_a_real_api_is_created_replaced_and_restored(cluster: Api, issue: Run, getmesh: Run) -> None:
    assert issue("--dry-run").returncode == 0
    assert secret_of(cluster) is None
    done = issue()
    assert done.returncode == 0, done.stderr
    first = secret_of(cluster)["data"]
    assert issue().returncode == 2
    done = issue("--override-existing-ca-cert-secret")
    assert done.returncode == 0, done.stderr
    assert secret_of(cluster)["data"] != first
    where = ("-n", NAMESPACE, "--kubeconfig", str(cluster.kubeconfig()))
    assert getmesh("ca", "verify", *where).returncode == 0
    assert getmesh("ca", "restore", "--dry-run", *where).returncode == 0
    assert secret_of(cluster)["data"] != first
    done = getmesh("ca", "restore", *where)
    assert done.returncode == 0, done.stderr
    assert secret_of(cluster)["data"] == first


def test_types_and_immutability_are_as_the_real_api_has_them(cluster: Api, issue: Run) -> None:
    assert issue().returncode == 0
    held = secret_of(cluster)
    cluster.call("PUT", f"/api/v1/namespaces/{NAMESPACE}/secrets/cacerts", {**held, "immutable": True})
    override = "--override-existing-ca-cert-secret"
    done = issue(override)
    assert done.returncode == 2
    assert "immutable" in done.stderr
    done = issue(override, "--recreate")
    assert done.returncode == 0, done.stderr
    held = secret_of(cluster)
    cluster.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}/secrets/cacerts")
    typed = {"apiVersion": "v1", "kind": "Secret", "type": "istio.io/ca-root", "data": held["data"]}
    typed["metadata"] = {"name": "cacerts", "namespace": NAMESPACE}
    cluster.call("POST", f"/api/v1/namespaces/{NAMESPACE}/secrets", typed)
    assert "has type" in issue(override).stderr
    done = issue(override, "--keep-type")
    assert done.returncode == 0, done.stderr
    assert secret_of(cluster)["type"] == "istio.io/ca-root"


def test_the_documented_rights_are_enough_and_fewer_change_nothing(cluster: Api, issue: Run) -> None:
    done = issue(user="nobody")
    assert done.returncode == 4
    assert secret_of(cluster) is None
    rules = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "update"], "resourceNames": ["cacerts"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["cacerts-next"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": rules}
    cluster.create(grant("reader", [{**role, "metadata": {"name": "mesh-ca", "namespace": NAMESPACE}}]))
    done = issue(user="reader")
    assert done.returncode == 0, done.stderr
    done = issue("--override-existing-ca-cert-secret", user="reader")
    assert done.returncode == 0, done.stderr
    assert "could not look" not in done.stderr


def test_a_change_by_somebody_else_is_a_conflict_of_the_real_api(cluster: Api, issue: Run) -> None:
    assert issue().returncode == 0
    secret = CaSecret(SecretStore(open_kube(str(cluster.kubeconfig()), None), NAMESPACE))
    existing = secret.read()
    held = secret_of(cluster)
    held["metadata"]["labels"] = {"changed": "meanwhile"}
    cluster.call("PUT", f"/api/v1/namespaces/{NAMESPACE}/secrets/cacerts", held)
    with pytest.raises(ClusterError, match="somebody else"):
        secret.write(good_bundle(), existing, {}, datetime.now(UTC))
    assert secret_of(cluster)["data"] == held["data"]


def test_the_documented_rights_are_enough_for_a_rotation(cluster: Api, issue: Run, getmesh: Run) -> None:
    assert issue().returncode == 0
    assert issue("--disable-secret-creation", "--secret-file-path", "new.yaml").returncode == 0
    names = ["cacerts", "cacerts-next"]
    rules = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "update", "delete"], "resourceNames": names},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": rules}
    kubeconfig = str(cluster.kubeconfig("limited"))
    where = ("-n", NAMESPACE, "--kubeconfig", kubeconfig, "-y")
    unseen = ("--through", "none", "--istiod", "none", "--accept-unseen")
    done = getmesh("ca", "rotate", "--to", "new.yaml", *where)
    assert done.returncode == 4, done.stderr
    assert secret_of(cluster, "cacerts-next") is None
    cluster.create(grant("limited", [{**role, "metadata": {"name": "rotator", "namespace": NAMESPACE}}]))
    before = secret_of(cluster)["data"]
    for call in (("--to", "new.yaml"), ("--phase", "switch")):
        done = getmesh("ca", "rotate", *call, *where, *unseen)
        assert done.returncode == 0, done.stderr
    assert "a rotation is under way" in issue("--override-existing-ca-cert-secret").stderr
    assert secret_of(cluster)["data"] != before
    backup = secret_of(cluster)["metadata"]["annotations"]["getmesh.io/backups"]
    rules[0]["resourceNames"] = [*names, backup]
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles/rotator-limited"
    cluster.call("PUT", path, {**role, "metadata": {"name": "rotator-limited", "namespace": NAMESPACE}})
    done = getmesh("ca", "rotate", "--back", *where, *unseen)
    assert done.returncode == 0, done.stderr
    assert secret_of(cluster)["data"] == before
    done = getmesh("ca", "rotate", "--back", *where, *unseen)
    assert "called off" in done.stdout, done.stderr
    assert secret_of(cluster, "cacerts-next") is None
