"""From a kubeconfig's context to a connection: the official client reads certificates, tokens and credential programs.

Where that client differs from kubectl, kubectl is followed: a credential program that fails stops the call instead of
leaving it anonymous; a token's file counts before a token; a proxy of the cluster's entry is used whatever ``NO_PROXY``
says, and one of the environment never for this machine; an identity provider is always verified.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from getmesh.errors import ClusterError
from getmesh.ports.kube_checks import faults
from getmesh.ports.kube_config import Target, config_files, is_local, resolve
from getmesh.ports.kube_provider import LOGIN, prepared

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Access:
    """A connection that is configured but not yet made.

    Attributes:
        target: whose it is.
        configuration: of the official client.
    """

    def __init__(self, target: Target, configuration: Any) -> None:
        self.target = target
        self.configuration = configuration


def open_access(kubeconfig: str | None, context: str | None, environ: Mapping[str, str] | None = None) -> Access:
    """Configure a connection; inside a pod without kubeconfig that is the pod's own service account.

    Raises:
        ClusterError: no cluster is configured, or its credentials cannot be had.
    """
    environ = os.environ if environ is None else environ
    inside = environ.get("KUBERNETES_SERVICE_HOST") and (_SERVICE_ACCOUNT / "token").exists()
    if inside and not context and not config_files(kubeconfig, environ):
        return _in_cluster()
    target = resolve(kubeconfig, context, environ)
    wrong = faults(target.cluster, target.user)
    if wrong:
        raise ClusterError(f"kubeconfig: context {target.context!r} cannot be used: {'; '.join(wrong)}")
    return Access(target, configure(target))


def configure(target: Target) -> Any:
    """Give the official client's configuration for a context.

    Raises:
        ClusterError: a certificate cannot be read, or a credential program failed.
    """
    from kubernetes import client  # noqa: PLC0415 - half a second; only for those who have a cluster

    configuration: Any = client.Configuration()
    user = _token_from_file(prepared(dict(target.user)))
    complaints = _load(target, user, configuration)
    if not (configuration.api_key or configuration.cert_file):
        _promised_nothing(target, user, complaints)
    if target.cluster.get("proxy-url"):
        configuration.no_proxy = None
    elif is_local(target.server):
        configuration.proxy = None
    if configuration.proxy:
        configuration.proxy = _usable_proxy(target, configuration.proxy)
    return configuration


def _usable_proxy(target: Target, proxy: str) -> str:
    """Give a proxy with its scheme, which variables of the environment may leave out.

    Raises:
        ClusterError: it cannot be used.
    """
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    scheme = proxy.partition("://")[0].lower()
    if scheme.startswith("socks") and find_spec("socks") is None:
        text = f"the API of context {target.context!r} is behind a SOCKS proxy, which needs the package pysocks"
        raise ClusterError(text, hint="Install it beside getmesh: pip install pysocks")
    if scheme not in {"http", "https", "socks5", "socks5h"}:
        raise ClusterError(f"{proxy!r} is no proxy that can be used", hint="It begins with http, https or socks5.")
    return proxy


def _load(target: Target, user: dict[str, Any], configuration: Any) -> list[str]:
    """Let the official client fill its configuration; give what it complained of in its log."""
    from kubernetes import config  # noqa: PLC0415 - as above
    from kubernetes.config import kube_config  # noqa: PLC0415 - as above

    load: Any = kube_config.KubeConfigLoader
    flat = {
        "current-context": "context",
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": {**target.cluster, "server": target.server}}],
        "users": [{"name": "user", "user": user}],
    }
    with _complaints() as complaints:
        try:
            loader = load(
                config_dict=flat,
                config_base_path=str(Path(target.user_file).absolute().parent) if target.user_file else "",
                config_persister=lambda: _remember(target, user),
            )
            loader.load_and_set(configuration)
        except (config.ConfigException, OSError, ValueError, KeyError, TypeError) as error:
            raise ClusterError(f"kubeconfig: context {target.context!r} cannot be used: {error}") from error
        except Exception as error:
            if not user.get("auth-provider"):
                raise
            text = f"the identity provider of context {target.context!r} renewed no token: {error}"
            raise ClusterError(text, hint=LOGIN) from error
    return complaints


def _promised_nothing(target: Target, user: Mapping[str, Any], complaints: list[str]) -> None:
    """Let somebody pass who has no credential because none was ever promised.

    Raises:
        ClusterError: a program or an identity provider was to give one.
    """
    if user.get("exec"):
        command = str(user["exec"].get("command", "")) if isinstance(user["exec"], dict) else ""
        raise ClusterError(
            f"the credential program {command!r} of context {target.context!r} gave no credential",
            hint=" ".join(complaints) or "Run a command of kubectl to see what it says.",
        )
    if user.get("auth-provider"):
        raise ClusterError(f"the identity provider of context {target.context!r} gave no token", hint=LOGIN)


def _in_cluster() -> Access:
    from kubernetes import client, config  # noqa: PLC0415 - as above

    configuration: Any = client.Configuration()
    load: Any = config.incluster_config.load_incluster_config
    try:
        load(client_configuration=configuration)
        namespace = (_SERVICE_ACCOUNT / "namespace").read_text().strip()
    except (config.ConfigException, OSError) as error:
        raise ClusterError(f"the pod's own service account cannot be used: {error}") from error
    return Access(Target("in-cluster", namespace or "default", {"server": configuration.host}, {}), configuration)


def _token_from_file(user: dict[str, Any]) -> dict[str, Any]:
    """Put the token of its file in the place of any other, without the line's end; an unreadable file counts as none.

    Raises:
        ClusterError: the file cannot be read, and there is no other token.
    """
    name = user.pop("tokenFile", "")
    if not name:
        return user
    try:
        token = Path(name).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        if user.get("token"):
            return user
        raise ClusterError(f"kubeconfig: tokenFile {name} cannot be read: {error}") from error
    return {**user, "token": token or user.get("token", "")}


def _remember(target: Target, user: Mapping[str, Any]) -> None:
    """Write renewed tokens of an identity provider back, since a refresh token may serve only once."""
    import yaml  # noqa: PLC0415 - rare

    from getmesh.ports.disk import write_atomically  # noqa: PLC0415 - rare

    path = Path(target.user_file)
    document = yaml.safe_load(path.read_bytes())
    for entry in document.get("users") or ():
        if entry.get("name") == target.user_name:
            held = entry["user"]["auth-provider"]["config"]
            renewed = user["auth-provider"]["config"]
            held.update({key: renewed[key] for key in ("id-token", "refresh-token") if key in renewed})
    write_atomically(path, yaml.safe_dump(document, sort_keys=False).encode(), mode=0o600)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what the official client would write to the log about credential programs."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    root = logging.getLogger()
    collector = Collector(logging.ERROR)
    root.addHandler(collector)
    try:
        yield lines
    finally:
        root.removeHandler(collector)
