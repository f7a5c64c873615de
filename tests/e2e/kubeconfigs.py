"""Ways to say in a kubeconfig where the API is and who somebody is there, each with who kubectl is by it."""

import json
import stat
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from tests.rig.api import Api, token_of
from tests.rig.clients import issue
from tests.rig.tunnel import Tunnel

ADMIN: Final = {"token": token_of("admin")}
PERSON: Final = "system:serviceaccount:default:person"
_EXEC: Final = "client.authentication.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Bench:
    """What rows are made of: the API, an empty folder for their files, and a proxy."""

    api: Api
    folder: Path
    proxy: Tunnel

    def cluster(self, **more: Any) -> dict[str, Any]:
        """Give the API's entry."""
        return {"server": self.api.server, "certificate-authority": str(self.api.authority), **more}

    def config(self, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> dict[str, str]:
        """Write a kubeconfig; give the environment that names it."""
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": self.cluster() if cluster is None else cluster}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
        path = self.folder / "kubeconfig"
        path.write_text(yaml.safe_dump(content))
        return {"KUBECONFIG": str(path)}

    def program(self, text: str) -> str:
        """Write a shell script; give its path."""
        path = self.folder / "login"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def certificate(self, user: str) -> tuple[Path, Path]:
        """Issue a client certificate; give its file and that of its key."""
        return issue(self.api.clients, self.folder, user, "people")


class Row(NamedTuple):
    """A claim: who kubectl is.

    Attributes:
        user: the name, None if kubectl gets no answer.
        prepare: writes the files and gives the environment.
        proxied: whether the request goes through the proxy.
    """

    user: str | None
    prepare: Callable[[Bench], dict[str, str]]
    proxied: bool = False


def _encoded(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()


def _token_file(bench: Bench, **more: str) -> dict[str, str]:
    (bench.folder / "token").write_text(f"{token_of('limited')}\n")
    return bench.config({"tokenFile": "token", **more})


def _certificate(bench: Bench, *, data: bool) -> dict[str, str]:
    certificate, key = bench.certificate("cert-user")
    if data:
        return bench.config({"client-certificate-data": _encoded(certificate), "client-key-data": _encoded(key)})
    return bench.config({"client-certificate": certificate.name, "client-key": key.name})


def _certificate_twice(bench: Bench) -> dict[str, str]:
    certificate, key = bench.certificate("cert-user")
    data = {"client-certificate-data": _encoded(certificate), "client-key-data": _encoded(key)}
    return bench.config({**data, "client-certificate": certificate.name, "client-key": key.name})


def _exec(bench: Bench, status: dict[str, str], version: str = _EXEC, **more: Any) -> dict[str, str]:
    credential = json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})
    bench.program(f"cat <<'END'\n{credential}\nEND")
    program = {"apiVersion": version, "command": "./login", "interactiveMode": "Never"}
    return bench.config({"exec": program, **more})


def _exec_certificate(bench: Bench) -> dict[str, str]:
    certificate, key = bench.certificate("exec-user")
    return _exec(bench, {"clientCertificateData": certificate.read_text(), "clientKeyData": key.read_text()})


def _exec_told(bench: Bench) -> dict[str, str]:
    """Let the program use what it is told: an argument, a variable and the cluster."""
    script = (
        'test "$1" = limited && echo "$KUBERNETES_EXEC_INFO" | grep -q 127.0.0.1 || exit 1\n'
        f'echo "{{\\"apiVersion\\": \\"{_EXEC}\\", \\"kind\\": \\"ExecCredential\\",'
        ' \\"status\\": {\\"token\\": \\"$PREFIX$1\\"}}"'
    )
    program = {
        "apiVersion": _EXEC,
        "command": bench.program(script),
        "args": ["limited"],
        "env": [{"name": "PREFIX", "value": token_of("")}],
        "interactiveMode": "Never",
        "provideClusterInfo": True,
    }
    return bench.config({"exec": program})


def _impersonated(bench: Bench) -> dict[str, str]:
    extra = {"acme.test/project": ["one", "two"], "Reason": ["why"]}
    return bench.config({**ADMIN, "as": "ann", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": extra})


def issued(bench: Bench) -> str:
    """Give a token of the API's own that expires: it can stand for one of an identity provider."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "person"}}
    bench.api.create([account], refused=lambda _, __: None)
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = "/api/v1/namespaces/default/serviceaccounts/person/token"
    token: str = bench.api.call("POST", path, asked)["status"]["token"]
    return token


def vouched(bench: Bench, issuer: str, **settings: str) -> dict[str, str]:
    """Write a kubeconfig whose user an identity provider vouches for; give the environment that names it."""
    config = {"idp-issuer-url": issuer, "client-id": "cli", **settings}
    return bench.config({"auth-provider": {"name": "oidc", "config": config}})


def _two_files(bench: Bench) -> dict[str, str]:
    bench.config(ADMIN)
    whole = yaml.safe_load((bench.folder / "kubeconfig").read_text())
    (bench.folder / "users").mkdir()
    (bench.folder / "users" / "token").write_text(token_of("reader"))
    users = {"users": [{"name": "u", "user": {"tokenFile": "token"}}]}
    (bench.folder / "users" / "config").write_text(yaml.safe_dump(users))
    (bench.folder / "rest").write_text(yaml.safe_dump({**whole, "users": []}))
    return {"KUBECONFIG": f"{bench.folder}/missing:{bench.folder}/rest:{bench.folder}/users/config"}


def _home(bench: Bench) -> dict[str, str]:
    bench.config(ADMIN)
    (bench.folder / ".kube").mkdir()
    (bench.folder / "kubeconfig").rename(bench.folder / ".kube" / "config")
    return {}


def _named(bench: Bench, name: str) -> dict[str, Any]:
    return bench.cluster(server=f"https://localhost:{bench.api.port}", **{"tls-server-name": name})


ROWS: Final[dict[str, Row]] = {
    "a token": Row("admin", lambda bench: bench.config(ADMIN)),
    "a token's file, beside the kubeconfig": Row("limited", _token_file),
    "a token's file beats a token": Row("limited", lambda bench: _token_file(bench, token=token_of("admin"))),
    "a certificate's files, beside the kubeconfig": Row("cert-user", lambda bench: _certificate(bench, data=False)),
    "a certificate that is written down": Row("cert-user", lambda bench: _certificate(bench, data=True)),
    "a program's token": Row("limited", lambda bench: _exec(bench, {"token": token_of("limited")})),
    "a program of the older form": Row(
        "limited", lambda bench: _exec(bench, {"token": token_of("limited")}, "client.authentication.k8s.io/v1beta1")
    ),
    "a program's certificate": Row("exec-user", _exec_certificate),
    "a program is told arguments, variables and the cluster": Row("limited", _exec_told),
    "a token beats a program": Row(
        "admin", lambda bench: _exec(bench, {"token": token_of("limited")}, token=token_of("admin"))
    ),
    "a program that fails": Row(
        None,
        lambda bench: bench.config(
            {"exec": {"apiVersion": _EXEC, "command": bench.program("exit 1"), "interactiveMode": "Never"}}
        ),
    ),
    "a name and a password, which the API takes no more": Row(
        None, lambda bench: bench.config({"username": "admin", "password": "x"})
    ),
    "an identity provider's token that has not expired": Row(
        PERSON, lambda bench: vouched(bench, "https://id.test", **{"id-token": issued(bench)})
    ),
    "another user, with groups and more": Row("ann", _impersonated),
    "two credentials that exclude each other": Row(None, lambda bench: bench.config({**ADMIN, "username": "admin"})),
    "groups of nobody": Row(None, lambda bench: bench.config({**ADMIN, "as-groups": ["a"]})),
    "a certificate without its key": Row(
        None,
        lambda bench: bench.config({**ADMIN, "client-certificate-data": _encoded(bench.certificate("cert-user")[0])}),
    ),
    "a certificate given twice": Row(None, _certificate_twice),
    "a token's file that is missing, beside a token": Row(
        "admin", lambda bench: bench.config({**ADMIN, "tokenFile": "nowhere"})
    ),
    "a program that does not say whether it talks": Row(
        None,
        lambda bench: bench.config({"exec": {"apiVersion": _EXEC, "command": bench.program("exit 0")}}),
    ),
    "several files, one of them missing": Row("reader", _two_files),
    "the file in the home folder": Row("admin", _home),
    "an authority that is written down": Row(
        "admin",
        lambda bench: bench.config(
            ADMIN, {"server": bench.api.server, "certificate-authority-data": _encoded(bench.api.authority)}
        ),
    ),
    "no authority": Row(None, lambda bench: bench.config(ADMIN, {"server": bench.api.server})),
    "an authority and no verification": Row(
        None, lambda bench: bench.config(ADMIN, bench.cluster(**{"insecure-skip-tls-verify": True}))
    ),
    "an authority given twice": Row(
        None,
        lambda bench: bench.config(
            ADMIN, bench.cluster(**{"certificate-authority-data": _encoded(bench.api.authority)})
        ),
    ),
    "no verification": Row(
        "admin", lambda bench: bench.config(ADMIN, {"server": bench.api.server, "insecure-skip-tls-verify": True})
    ),
    "another name for the server's certificate": Row(
        "admin", lambda bench: bench.config(ADMIN, _named(bench, "kubernetes.default"))
    ),
    "a name that the certificate does not have": Row(
        None, lambda bench: bench.config(ADMIN, _named(bench, "kubernetes.elsewhere"))
    ),
    "a server without a scheme": Row(
        None, lambda bench: bench.config(ADMIN, bench.cluster(server=f"127.0.0.1:{bench.api.port}"))
    ),
    "a server with a slash at its end": Row(
        "admin", lambda bench: bench.config(ADMIN, bench.cluster(server=f"{bench.api.server}/"))
    ),
    "the cluster's own proxy, whatever NO_PROXY says": Row(
        "admin",
        lambda bench: {
            **bench.config(ADMIN, bench.cluster(**{"proxy-url": bench.proxy.address})),
            "NO_PROXY": "127.0.0.1",
        },
        proxied=True,
    ),
    "a proxy of the environment is not for this machine": Row(
        "admin", lambda bench: {**bench.config(ADMIN), "HTTPS_PROXY": bench.proxy.address}
    ),
}
