"""Which principals stand for an identity, and which are of another mesh."""

import pytest

from getmesh.model.kiali_accounts import KialiAccounts
from getmesh.model.objects import Object
from tests.fakes.manifests import manifest, world

POD = manifest("Pod", "web/front", {"serviceAccountName": "front"})
TEMPLATE = manifest("Deployment", "web/back", {"template": {"spec": {"serviceAccountName": "back"}}})


def _accounts(*objects: Object, **mesh: object) -> KialiAccounts:
    return world(objects, dict(mesh)).service(KialiAccounts)


@pytest.mark.parametrize(
    "principal",
    ["cluster.local/ns/web/sa/front", "*", "cluster.local/ns/web/*", "*/sa/front"],
)
def test_a_principal_stands_for_the_account_of_a_pod(principal: str) -> None:
    assert _accounts(POD).satisfied(principal)


@pytest.mark.parametrize(
    "principal",
    [
        "", "front", "cluster.local/ns/*/sa/front", "cluster.local/ns/web/sa/fron", "Cluster.local/ns/web/sa/front",
        "*/sa/fron", "cluster.local/ns/web2*", "*fr.nt", "(front)*", "sa/p[*", "**x", "*/ns/web/*", "*ns*front",
    ],
)  # fmt: skip
def test_a_principal_stands_for_nobody(principal: str) -> None:
    assert not _accounts(POD).satisfied(principal)


def test_templates_stand_in_only_where_there_is_no_pod() -> None:
    assert _accounts(TEMPLATE).has("cluster.local/ns/web/sa/back")
    assert not _accounts(TEMPLATE, POD).has("cluster.local/ns/web/sa/back")


def test_groups_of_machines_prove_no_account() -> None:
    assert not _accounts(manifest("WorkloadGroup", "web/vm", {"template": {"serviceAccount": "vm"}})).satisfied("*/vm")


def test_each_trust_domain_gives_an_identity() -> None:
    accounts = _accounts(POD, trustDomain="bank.example", trustDomainAliases=["old.example"])
    assert accounts.trust_domains == ("bank.example", "old.example")
    assert accounts.has("old.example/ns/web/sa/front")
    assert not accounts.has("cluster.local/ns/web/sa/front")


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("other/ns/a/sa/b", True),
        ("spiffe://cluster.local/ns/a/sa/b", True),
        ("cluster.local/ns/a/sa/b", False),
        ("other/ns/a/sa/*", False),
        ("/ns/a/sa/b", False),
        ("other/sa/b", False),
    ],
)
def test_what_stands_before_the_namespace_tells_a_foreign_principal(principal: str, *, expected: bool) -> None:
    assert _accounts(POD).foreign(principal) is expected
