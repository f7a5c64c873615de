"""Of a cluster is read what is allowed, and what is not is said: of which kind, in which namespaces."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from getmesh.sources.snapshot_file import decode, encode
from tests.fakes.kube_api import KubeApi, serving, status
from tests.unit.sources.cluster_world import TRAFFIC, Reader, names, reader_of, world


@pytest.fixture
def api() -> KubeApi:
    """Give the API that holds the world."""
    return KubeApi(world())


@pytest.fixture
def reader(api: KubeApi, tmp_path: Path) -> Iterator[Reader]:
    """Read the served world."""
    with serving(api, tmp_path / "config"):
        yield reader_of(tmp_path / "config")


def test_a_user_of_one_namespace_reads_it_and_is_refused_nothing_twice(api: KubeApi, reader: Reader) -> None:
    api.rights = {("shop", "*")}
    reading = reader()
    assert len(names(reading, "Service")) == 1203
    assert reading.partial["Service"] == frozenset({"shop"})
    assert reading.partial["Namespace"] == frozenset({"shop"})
    assert names(reading, "Namespace") == ["shop"]
    assert "you may not list nodes" in reading.unread["Node"]
    assert set(reading.assumed) == {"MutatingWebhookConfiguration", "ConfigMap", "Secret", "IstioOperator"}
    lists = [(r.path, r.query.get("continue")) for r in api.asked if not r.path.endswith("reviews")]
    assert len(lists) == len(set(lists))


def test_namespaces_that_may_be_listed_are_asked_about_one_by_one(api: KubeApi, reader: Reader) -> None:
    api.rights = {("*", "namespaces"), ("shop", "services"), ("pay", "services")}
    reading = reader(*TRAFFIC)
    assert reading.partial["Service"] == frozenset({"shop", "pay"})
    assert len(names(reading, "Service")) == 1204
    assert len(names(reading, "Namespace")) == 3
    assert "VirtualService" in reading.unread


def test_a_kind_that_may_be_read_in_every_namespace_counts_as_whole(api: KubeApi, reader: Reader) -> None:
    api.rights = {("*", "namespaces"), *((space, "services") for space in ("shop", "pay", "istio-system"))}
    assert "Service" not in reader(*TRAFFIC).partial


def test_named_namespaces_are_tried_when_none_may_be_listed(api: KubeApi, reader: Reader) -> None:
    api.rights = {("pay", "services")}
    assert reader("Service", namespaces=("pay",)).partial["Service"] == frozenset({"pay"})


def test_rules_that_the_api_cannot_tell_are_asked_one_by_one(api: KubeApi, reader: Reader) -> None:
    api.rights, api.incomplete = {("shop", "services")}, True
    assert reader("Service", "VirtualService").partial["Service"] == frozenset({"shop"})


def test_a_secret_that_may_not_be_read_is_hidden_and_not_missing(api: KubeApi, reader: Reader) -> None:
    api.faults.append(lambda request: status(403, "no") if "/secrets/" in request.path else None)
    assert reader().hidden == frozenset({("Secret", "shop", "web")})


def test_somebody_without_rights_gets_gaps_only(api: KubeApi, reader: Reader) -> None:
    api.rights = set()
    reading = reader()
    assert reading.objects == []
    assert {"Service", "VirtualService", "Namespace"} <= set(reading.unread)


def test_a_snapshot_remembers_what_could_not_be_read(api: KubeApi, reader: Reader) -> None:
    api.rights = {("shop", "*")}
    reading = reader()
    again = decode("file", encode(reading))
    assert (again.unread, again.partial, again.assumed) == (reading.unread, reading.partial, reading.assumed)
