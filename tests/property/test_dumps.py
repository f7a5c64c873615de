"""Whatever a proxy answers, it is a dump or an error that says so: nobody in a pod can end a look at the others."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from getmesh.ca.dumps import read_dump
from getmesh.ca.status import judge_workloads
from getmesh.ca.workloads import Proxy, look
from getmesh.errors import InputError
from tests.fakes.authorities import NOW, make

PEM = make("root").pem.decode()
KEYS = (
    "certificates", "identity", "certChain", "rootCerts", "pem", "configs", "name", "secret", "tls_certificate",
    "certificate_chain", "validationContext", "trustedCa", "inline_bytes", "inlineString",
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(["default", "ROOTCA", PEM, "eA==", "%", "é"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
)


@given(VALUES)
@settings(max_examples=400, deadline=None)
def test_any_answer_is_a_dump_or_refused(value: Any) -> None:
    (seen,) = look([Proxy("shop", "cart")], lambda _proxy: json.dumps(value).encode())
    assert seen.held or seen.fault
    judge_workloads([seen], None, NOW)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"null", b"1e999", b'"\\ud800"'])
def test_what_is_no_json_or_too_deep_is_refused(text: bytes) -> None:
    with pytest.raises(InputError):
        read_dump(text, "shop/cart")
