"""Defects D27 to D29 of the original getmesh: the upgrade check. Each number is one test."""

import json

from tests.fakes.cluster import istiod, proxy
from tests.fakes.people import ClusterUser


def test_d27_upstream_istio_is_checked_like_any_other(cluster_user: ClusterUser) -> None:
    cluster_user.api.pods = [istiod("1.29.4"), proxy("a", "1.29.4")]
    done = cluster_user.run("check-upgrade", "--fail-on", "patch")
    assert done.returncode == 1
    assert "newer patch: 1.29.8-istio-v0" in done.stdout


def test_d28_every_form_of_version_and_every_namespace_is_understood(cluster_user: ClusterUser) -> None:
    tags = ("1.29.4-distroless", "1.31.0-rc.1", "1.29.4-solo-fips", "1.28.9-asm.4", "1.18.2-tetratefips0", "latest")
    cluster_user.api.pods = [
        istiod("1.31.1", namespace="mesh"),
        *(proxy(f"p{number}", tag) for number, tag in enumerate(tags)),
    ]
    done = cluster_user.run("check-upgrade", "-i", "mesh", "-o", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    counts = {advice["version"]: advice["counts"] for advice in document["versions"]}
    assert counts["1.31.1"] == {"istiod": 1}
    assert set(counts) == {
        "1.31.1",
        "1.29.4",
        "1.31.0-rc.1",
        "1.29.4-solo-fips",
        "1.28.9-asm.4",
        "1.18.2-tetratefips-v0",
        "latest",
    }
    assert "fetch" not in cluster_user.run("check-upgrade", "-i", "mesh").stdout, "it says nothing that it does not do"
    assert "control plane version: 1.31.1" in cluster_user.run("version", "-i", "mesh").stdout


def test_d29_the_way_on_is_shown_and_not_the_patch_alone(cluster_user: ClusterUser) -> None:
    cluster_user.api.pods = [istiod("1.28.3")]
    done = cluster_user.run("check-upgrade")
    for said in ("end of life", "ISTIO-SECURITY-2026-", "next minor: 1.", "fits Kubernetes 1.33"):
        assert said in done.stdout
    assert cluster_user.run("check-upgrade", "--fail-on", "eol").returncode == 1
    assert cluster_user.run("check-upgrade", "--fail-on", "high").returncode == 1
