import pytest

from getmesh.distributions.checks import Check
from getmesh.distributions.rights import rights
from getmesh.errors import ClusterError
from tests.fakes.cluster import FakeApi

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def test_who_may_do_everything_is_asked_about_once() -> None:
    api = FakeApi()
    assert rights(api, "istio-system") == [Check("ok", "you may do everything in this cluster")]
    assert api.asked == [("POST", REVIEWS)]


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        ({"secrets"}, []),
        ({"create services"}, ["you may not create services: permission denied (IST0141)"]),
        ({"patch services"}, ["you may not patch services in istio-system"]),
        (
            {"list clusterroles", "get clusterroles", "patch deployments"},
            ["you may not get or list clusterroles, patch deployments in istio-system"],
        ),
        (
            {"configmaps"},
            [
                "you may not create configmaps: permission denied (IST0141)",
                "you may not get or list or patch configmaps in istio-system",
            ],
        ),
    ],
)
def test_every_verb_of_an_installation_is_asked_about(denied: set[str], said: list[str]) -> None:
    api = FakeApi()
    api.denied = denied
    found = rights(api, "istio-system")
    expected = [Check("fail", text) for text in said]
    assert found == (expected or [Check("ok", "you may create, get, list and patch what an installation brings")])


def test_a_cluster_that_does_not_tell_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise ClusterError("gone")

    api = FakeApi()
    monkeypatch.setattr(api, "post", refuse)
    assert rights(api, "istio-system") == [Check("unknown", "the cluster does not tell what you may do")]
