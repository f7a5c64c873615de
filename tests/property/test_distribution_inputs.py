"""Whatever comes from outside ends in a value or in the error that is meant for it."""

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.distributions import contexts
from getmesh.distributions.archives import extract
from getmesh.distributions.calls import flag_value, positions
from getmesh.distributions.checksums import parse_checksum
from getmesh.distributions.constraints import Constraint, choose
from getmesh.distributions.install import read_call
from getmesh.distributions.layout import DamagedError
from getmesh.distributions.records import parse, render
from getmesh.distributions.resolution import UnresolvedError, resolve
from getmesh.distributions.running import from_pods, look
from getmesh.errors import ClusterError, TrustError
from tests.fakes.cluster import FakeApi
from tests.fakes.releases import DUMPER, good, good_zip

WORDS = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["-n", "--", "-", "install", "manifest", "generate", "-f", "--set", "--context", "-c=", "-cx", "hub=x"]
        ),
    ),
    max_size=8,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(max_size=30))
def test_any_text_is_a_constraint_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        choose(Constraint(text), ["1.30.1-istio-v0", "nonsense", "1.9.0-istio-v2"])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_checksum_file_or_refused(data: bytes) -> None:
    try:
        digest = parse_checksum(data, "a.tar.gz")
    except TrustError:
        return
    assert len(digest) == 64


@given(st.binary(max_size=200))
def test_any_bytes_are_a_state_file_or_a_value_error(data: bytes) -> None:
    try:
        fields = parse("build", b"getmesh-build: 1\n" + data)
    except ValueError:
        return
    assert parse("build", render("build", fields)) == {key: " ".join(value.split()) for key, value in fields.items()}


@given(WORDS)
def test_any_arguments_can_be_read(words: list[str]) -> None:
    places = positions(words)
    assert all(not words[place].startswith("--") for place in places)
    flag_value(words, "--context", "-c")
    read_call(words)
    contexts.context_key({"KUBECONFIG": "/dev/null"}, words)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_archive_gives_the_content_or_is_refused(data: st.DataObject) -> None:
    whole, member = data.draw(st.sampled_from([(good(), "istioctl"), (good_zip(), "istioctl.exe")]))
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    kept = bytes(changed[: data.draw(st.integers(0, len(changed)))])
    with tempfile.TemporaryDirectory() as folder:
        archive, target = Path(folder) / "archive", Path(folder) / member
        archive.write_bytes(kept)
        try:
            extracted = extract(archive, member, target)
        except TrustError:
            return
        assert target.stat().st_size == extracted.size
        assert extracted.size <= len(DUMPER) * 4


@settings(deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_state_in_a_home_resolves_or_says_why_not(active: bytes, wish: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "active").write_bytes(b"getmesh-active: 1\n" + active)
        (home / ".istio-version").write_bytes(wish)
        for place in (str(home), None):
            with suppress(UnresolvedError, DamagedError):
                resolve(str(home), {}, place)


@settings(deadline=None)
@given(st.lists(JSON, max_size=3))
def test_any_answer_of_an_api_is_a_mesh_or_a_cluster_error(values: list[object]) -> None:
    api = FakeApi()
    api.answers["/api/v1/pods"] = json.dumps({"items": values}).encode()
    api.answers["/version"] = json.dumps(values).encode()
    with suppress(ClusterError):
        look(api)
    from_pods("", [value for value in values if isinstance(value, dict)], ())
