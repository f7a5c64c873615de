"""What is taken out of objects changes no judgement."""

from base64 import b64decode, b64encode
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from getmesh.discovery.flags import Flags
from getmesh.discovery.proxies import proxy_of
from getmesh.model.certificates import Certificates
from getmesh.model.objects import Object
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.sources.redaction import redact

NOW = datetime(2026, 6, 1, tzinfo=UTC)
_KEY = ec.generate_private_key(ec.SECP256R1())
KEY = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def certificate(days: int) -> str:
    """Give a certificate that ends so many days from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_KEY.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW - timedelta(days=90)).not_valid_after(NOW + timedelta(days))
    return builder.sign(_KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


GOOD, EXPIRED = certificate(30), certificate(-1)
SECRETS = {
    "good": (GOOD, KEY),
    "expired": (EXPIRED, KEY),
    "good before expired": (GOOD + EXPIRED, KEY),
    "expired before good": (EXPIRED + GOOD, KEY),
    "the key in front of the certificate": (KEY + GOOD, KEY),
    "the certificate in front of the key": (GOOD + KEY, KEY),
    "a key for a certificate": (KEY, KEY),
    "no PEM": ("hello", KEY),
    "text around it": (f"subject=edge\n{GOOD}bye", KEY),
    "broken": (GOOD.replace("MII", "MXX", 1), KEY),
    "cut": (GOOD[:200], KEY),
    "no certificate": ("", KEY),
    "no key": (GOOD, ""),
}


def secret(certificate_text: str, key: str) -> dict[str, Any]:
    """Give a TLS Secret."""
    data = {"tls.crt": b64encode(certificate_text.encode()).decode(), "tls.key": b64encode(key.encode()).decode()}
    meta = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "kubernetes.io/tls", "data": data}


def verdict(raw: dict[str, Any]) -> str:
    """Judge a Secret."""
    snapshot = Snapshot([Object(raw)], Settings(now=NOW.timestamp()))
    return snapshot.service(Certificates).problem(("shop", "web"))


@pytest.mark.parametrize("name", SECRETS)
def test_certificates_are_judged_as_before_and_keys_are_gone(name: str) -> None:
    raw = secret(*SECRETS[name])
    redacted = redact("Secret", deepcopy(raw))
    assert verdict(redacted) == verdict(raw)
    secret_lines = KEY.splitlines()[1:-1]
    text = repr(redacted) + "".join(map(_decoded, redacted["data"].values()))
    assert not any(line in text for line in secret_lines)


def _decoded(value: str) -> str:
    return b64decode(value).decode("utf-8", "replace")


def test_variables_keep_their_names_and_istios_switches_their_values() -> None:
    env = [
        {"name": "PILOT_ENABLE_AMBIENT", "value": "true"},
        {"name": "PILOT_JWT_TOKEN", "value": "x"},
        {"name": "OTHER", "value": "x"},
        {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    containers = [{"name": name, "env": deepcopy(env), "args": ["a"]} for name in ("discovery", "app")]
    raw: dict[str, Any] = {"metadata": {"name": "x"}, "spec": {"template": {"spec": {"containers": containers}}}}
    ours, app = redact("Deployment", raw)["spec"]["template"]["spec"]["containers"]
    assert ours["env"] == [env[0], {"name": "PILOT_JWT_TOKEN"}, {"name": "OTHER"}, env[3]]
    assert app["env"][0] == {"name": "PILOT_ENABLE_AMBIENT"}
    assert ("args" in ours, "args" in app) == (True, False)


class Recorder(dict[str, str]):
    """An environment that remembers which variables were looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Give the default, and remember."""
        self.names.add(key)
        return default


def test_every_variable_that_decides_what_istiod_sends_keeps_its_value() -> None:
    asked = Recorder()
    Flags.read(asked, (1, 31))
    names = sorted({*asked.names, "CLUSTER_ID", "BLOCKED_CIDRS_IN_JWKS_URIS"})
    assert len(names) > 20
    env = [{"name": name, "value": "x"} for name in names]
    spec = {"template": {"spec": {"containers": [{"name": "pilot", "env": deepcopy(env)}]}}}
    raw: dict[str, Any] = {"metadata": {"name": "istiod", "labels": {"app": "istiod"}}, "spec": spec}
    assert redact("Deployment", raw)["spec"]["template"]["spec"]["containers"][0]["env"] == env


def test_the_labels_that_a_proxy_states_of_itself_are_kept() -> None:
    env = [{"name": "ISTIO_METAJSON_LABELS", "value": '{"version": "v2"}'}, {"name": "ISTIO_META_X", "value": "x"}]
    containers = [{"name": name, "env": deepcopy(env)} for name in ("istio-proxy", "app")]
    raw: dict[str, Any] = {
        "metadata": {"name": "cart-1", "namespace": "shop", "labels": {"app": "cart"}},
        "spec": {"containers": containers},
    }
    proxy = proxy_of(Object({"apiVersion": "v1", "kind": "Pod", **redact("Pod", raw)}))
    assert proxy is not None
    assert proxy.labels == {"app": "cart", "version": "v2"}
    assert containers[0]["env"][1] == {"name": "ISTIO_META_X"}
    assert containers[1]["env"][0] == {"name": "ISTIO_METAJSON_LABELS"}


@pytest.mark.parametrize("key", ["Pod", "Deployment", "CronJob", "Secret", "ConfigMap", "WasmPlugin", "VirtualService"])
@pytest.mark.parametrize("spec", [None, {}, {"template": None}, {"containers": None}, {"jobTemplate": {}}])
def test_an_object_without_content_stays_as_it_is(key: str, spec: Any) -> None:
    raw = {"metadata": {"name": "x"}, **({"spec": spec} if spec is not None else {})}
    assert redact(key, deepcopy(raw)) == raw


def test_access_tokens_of_the_mesh_configuration_are_dropped_and_it_stays_yaml() -> None:
    text = "defaultConfig:\n  tracing:\n    lightstep: {address: a, accessToken: abc}\n  x: {access_token: 'q w'}\n"
    raw = {"metadata": {"name": "istio"}, "data": {"mesh": text}}
    found = redact("ConfigMap", raw)["data"]["mesh"]
    assert "abc" not in found
    assert "q w" not in found
    assert "{address: a, accessToken: redacted}" in found
