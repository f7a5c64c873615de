"""What a kubeconfig must not say: kubectl refuses it before it asks a cluster, and so do we.

The rules are those of client-go's ``clientcmd`` (``validation.go``).
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

_EITHER: Final = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}
_PROXIES: Final = frozenset({"http", "https", "socks5"})
_MODES: Final = frozenset({"Never", "IfAvailable", "Always"})
# Before version 1 of that interface a program could be silent about whether it talks to the user.
_SILENT: Final = frozenset({"client.authentication.k8s.io/v1alpha1", "client.authentication.k8s.io/v1beta1"})


def faults(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> list[str]:
    """Give what is wrong with a cluster's and a user's entry, whose file names are absolute."""
    return [*_files({**cluster, **user}), *_cluster(cluster), *_user(user)]


def _files(entries: Mapping[str, Any]) -> Iterator[str]:
    for name, data in _EITHER.items():
        if entries.get(name) and entries.get(data):
            yield f"{name} and {data} are both given"
        elif entries.get(name) and not os.access(str(entries[name]), os.R_OK):
            yield f"{name} {entries[name]} cannot be read"


def _cluster(cluster: Mapping[str, Any]) -> Iterator[str]:
    authority = cluster.get("certificate-authority") or cluster.get("certificate-authority-data")
    if cluster.get("insecure-skip-tls-verify") and authority:
        yield "insecure-skip-tls-verify and a certificate authority exclude each other"
    proxy = str(cluster.get("proxy-url") or "")
    if proxy and proxy.partition("://")[0] not in _PROXIES:
        yield f"proxy-url {proxy!r} begins with none of {', '.join(sorted(_PROXIES))}"


def _user(user: Mapping[str, Any]) -> Iterator[str]:
    if user.get("token") and (user.get("username") or user.get("password")):
        yield "token and username exclude each other"
    certificate = user.get("client-certificate") or user.get("client-certificate-data")
    if certificate and not (user.get("client-key") or user.get("client-key-data")):
        yield "client-certificate has no client-key"
    if not user.get("as") and any(user.get(name) for name in ("as-uid", "as-groups", "as-user-extra")):
        yield "as-uid, as-groups and as-user-extra need as"
    shapes = (("as-groups", list), ("as-user-extra", dict), ("exec", dict), ("auth-provider", dict))
    yield from (
        f"{name} has another form" for name, kind in shapes if user.get(name) and not isinstance(user[name], kind)
    )
    program = user.get("exec")
    if isinstance(program, dict):
        yield from _program(program)
        if user.get("auth-provider"):
            yield "exec and auth-provider exclude each other"


def _program(program: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"exec has no {name}" for name in ("command", "apiVersion") if not program.get(name))
    mode = program.get("interactiveMode") or ("IfAvailable" if program.get("apiVersion") in _SILENT else "")
    if mode not in _MODES:
        yield f"exec has the interactiveMode {mode!r}" if mode else "exec has no interactiveMode"
