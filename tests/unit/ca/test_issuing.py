"""Whatever fails, wherever: a working Secret afterwards, and no key on a disk that was not asked for."""

from base64 import b64decode
from contextlib import suppress
from typing import Any

import pytest

from getmesh.ca.cacerts import BACKUPS, CaSecret
from getmesh.ca.issuing import Ready
from getmesh.ca.order import Order
from getmesh.ca.secrets import SecretStore
from getmesh.errors import ClusterError, GetmeshError, ProviderError, UsageError
from tests.fakes.authorities import NOW, good_bundle, make
from tests.fakes.clock import FakeClock
from tests.fakes.orders import OLD, ROOT, WISH, Signer, flow, present, run, with_old, working
from tests.fakes.secrets_api import Killed, SecretsApi


def test_a_first_ca_is_created_with_what_auditors_ask_for() -> None:
    api = SecretsApi()
    done = run(flow(api))
    assert working(api)
    assert present(api) == done.bundle
    stored = api.secret("cacerts")
    assert stored is not None
    notes = stored["metadata"]["annotations"]
    assert notes["getmesh.io/provider"] == "local"
    assert notes["getmesh.io/provider-ref"] == "number 1"
    assert notes["getmesh.io/request-id"] == done.request
    assert len(done.request) == 36
    assert "PRIVATE" not in str(notes)


def test_a_replacement_keeps_labels_backs_up_and_carries_nothing_over() -> None:
    data = {**OLD.data(), "istio-generated": b"", "key.pem": b"old"}
    annotations = {"team": "mesh", "kubectl.kubernetes.io/last-applied-configuration": "has the old key"}
    api = SecretsApi()
    api.put_secret("cacerts", data, labels={"app": "istio"}, annotations=annotations)
    done = run(flow(api))
    stored = api.secret("cacerts")
    assert stored is not None
    assert set(stored["data"]) == {"ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"}
    assert stored["metadata"]["labels"] == {"app": "istio"}
    assert stored["metadata"]["annotations"]["team"] == "mesh"
    assert "last-applied" not in str(stored["metadata"]["annotations"])
    backup = api.secret(done.backup)
    assert backup is not None
    assert {key: b64decode(text) for key, text in backup["data"].items()} == data
    assert stored["metadata"]["annotations"]["getmesh.io/previous-fingerprint"]


def test_only_so_many_backups_stay() -> None:
    api, clock_moves = with_old(), 4
    for number in range(clock_moves):
        issuing = flow(api, kept=2)
        issuing._clock = FakeClock(NOW.timestamp() + number)
        run(issuing)
    assert len([name for name in api.names() if "backup" in name]) == 2
    stored = api.secret("cacerts")
    assert stored is not None
    assert len(stored["metadata"]["annotations"][BACKUPS].split(",")) == 2


def test_backups_of_the_same_second_do_not_collide() -> None:
    api = with_old()
    first, second = run(flow(api)), run(flow(api))
    assert first.backup != second.backup


def test_the_bytes_of_trusted_roots_stay_as_they_are() -> None:
    api = SecretsApi()
    two = OLD.root.replace(b"\n", b"\r\n") + make("other", days=3000).pem
    api.put_secret("cacerts", OLD.with_root(two).data())
    run(flow(api))
    assert present(api).root == two


def test_another_root_is_refused_before_anything_is_issued() -> None:
    api, signer = with_old(), Signer(make("another root", days=3650))
    with pytest.raises(UsageError, match="another root"):
        run(flow(api, signer))
    assert signer.issued == 0
    assert present(api) == OLD
    run(flow(api, signer, replace_root=True))
    assert working(api)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"order": Order("local", {}, WISH)}, "exists in istio-system"),
        ({"denied": ("update", "secrets")}, "you may not update"),
        ({"denied": ("create", "secrets")}, "you may not create"),
        ({"fields": {"immutable": True}}, "immutable"),
        ({"fields": {"type": "istio.io/ca-root"}}, "type istio.io/ca-root"),
        ({"namespace": "gone"}, "no namespace"),
    ],
)
def test_nothing_is_issued_when_the_cluster_would_refuse(change: dict[str, Any], said: str) -> None:
    api, signer = with_old(**change.get("fields", {})), Signer()
    api.denied |= {change["denied"]} if "denied" in change else set()
    issuing = flow(api, signer, change.get("order"))
    if "namespace" in change:
        issuing._secret = CaSecret(SecretStore(api, "gone"))
    with pytest.raises(GetmeshError, match=said):
        run(issuing)
    assert signer.issued == 0
    assert present(api) == OLD


@pytest.mark.parametrize("existing", ["none", "old"])
def test_a_rotation_that_is_under_way_is_not_disturbed(existing: str) -> None:
    api, signer = (with_old() if existing == "old" else SecretsApi()), Signer()
    api.put_secret("cacerts-next", OLD.data())
    before = dict(api.objects)
    with pytest.raises(UsageError, match=r"a rotation is under way in istio-system \(Secret cacerts-next\)"):
        run(flow(api, signer, replace_root=True))
    assert signer.issued == 0
    assert api.objects == before


def test_who_may_not_look_for_a_rotation_is_told() -> None:
    api = with_old()
    api.fault = lambda _method, path: "403" if path.endswith("/cacerts-next") else ""
    assert "could not look whether a rotation is under way (Secret cacerts-next)" in flow(api).preflight().warnings
    api.fault = lambda _method, path: "500" if path.endswith("/cacerts-next") else ""
    with pytest.raises(ClusterError, match="500"):
        flow(api).preflight()


@pytest.mark.parametrize("existing", ["none", "old"])
def test_what_admission_would_refuse_is_found_before_anything_is_issued(existing: str) -> None:
    api, signer = (with_old() if existing == "old" else SecretsApi()), Signer()
    before = dict(api.objects)
    api.fault = lambda method, path: "422" if method in {"PUT", "POST"} and "/secrets" in path else ""
    with pytest.raises(ClusterError, match=r"would not take Secret cacerts: .* answered 422"):
        run(flow(api, signer))
    assert signer.issued == 0
    assert api.objects == before


@pytest.mark.parametrize("flaws", [{"ca": False}, {"days": -1}, {"usage": None, "ca": False}])
def test_what_the_issuer_got_wrong_is_never_written(flaws: dict[str, Any]) -> None:
    api = with_old()
    with pytest.raises(ProviderError, match="not fit for Istio"):
        run(flow(api, Signer(**flaws)))
    assert present(api) == OLD


def test_a_type_can_be_kept_and_an_immutable_secret_made_anew() -> None:
    api = with_old(type="istio.io/ca-root")
    run(flow(api, keep_type=True))
    stored = api.secret("cacerts")
    assert stored is not None
    assert stored["type"] == "istio.io/ca-root"
    assert working(api)
    api = SecretsApi()
    api.put_secret("cacerts", OLD.data(tls=True), type="kubernetes.io/tls")
    run(flow(api, keep_type=True))
    assert present(api).tls
    assert working(api)
    api = with_old(immutable=True)
    run(flow(api, recreate=True))
    assert working(api)
    assert present(api) != OLD


def test_a_change_by_somebody_else_stops_the_write() -> None:
    api = with_old()
    issuing = flow(api)
    ready = issuing.preflight()
    done = issuing.issue(ready)
    other = good_bundle("somebody else's", ROOT)
    api.put_secret("cacerts", other.data())
    with pytest.raises(ClusterError, match="somebody else"):
        issuing.write(ready, done)
    assert present(api) == other


def calls_of_a_run(**fields: Any) -> int:
    api = with_old(**fields)
    run(flow(api, recreate=bool(fields)))
    return len(api.calls)


@pytest.mark.parametrize("existing", ["none", "old"])
@pytest.mark.parametrize("fault", ["cut", "lost", "403", "409", "500", "503", "kill", "lost-kill"])
def test_a_failure_at_any_call_leaves_a_working_secret(fault: str, existing: str) -> None:
    for number in range(calls_of_a_run()):
        api = with_old() if existing == "old" else SecretsApi()
        seen = iter(range(1000))
        api.fault = lambda _m, _p, n=number, seen=seen: fault if next(seen) == n else ""  # type: ignore[misc]  # bound by value
        failed = False
        try:
            run(flow(api))
        except (GetmeshError, Killed):
            failed = True
        if existing == "old" or not failed:
            assert working(api), (number, fault)
        elif api.secret("cacerts") is not None:
            assert working(api)


@pytest.mark.parametrize("fault", ["cut", "lost", "403", "409", "500"])
def test_making_anew_ends_with_a_secret_too(fault: str) -> None:
    for number in range(calls_of_a_run(immutable=True)):
        api = with_old(immutable=True)
        seen = iter(range(1000))
        api.fault = lambda _m, _p, n=number, seen=seen: fault if next(seen) == n else ""  # type: ignore[misc]  # bound by value
        with suppress(GetmeshError):
            run(flow(api, recreate=True))
        assert working(api), (number, fault)


def test_when_the_new_one_is_never_taken_the_old_one_comes_back() -> None:
    api = with_old(immutable=True)
    creates = iter(range(1000))

    def refuse(method: str, path: str) -> str:
        return "422" if method == "POST" and path.endswith("/secrets") and 0 < next(creates) <= 3 else ""

    api.fault = refuse
    with pytest.raises(ClusterError, match="the old one is back"):
        run(flow(api, recreate=True))
    assert present(api) == OLD


def test_ready_and_done_show_no_key() -> None:
    api = with_old()
    issuing = flow(api)
    ready = issuing.preflight()
    done = issuing.issue(ready)
    assert isinstance(ready, Ready)
    assert "PRIVATE" not in repr((ready, done))
