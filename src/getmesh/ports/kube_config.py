"""Which cluster, and as whom: kubeconfig files as kubectl merges and reads them.

The rules are those of client-go's ``clientcmd``: of several files in ``KUBECONFIG`` the first that names a cluster,
user, context or the current context wins; files that are missing or empty are passed over; relative paths belong to
the file that holds them; a file named by a flag stands alone and has to exist.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from getmesh.errors import ClusterError
from getmesh.ports.kube_checks import faults

_NONE: Final = "Set KUBECONFIG, or give --kubeconfig and --context."
_CLUSTER_FILES: Final = ("certificate-authority",)
_USER_FILES: Final = ("client-certificate", "client-key", "tokenFile")
_UNSAFE: Final = ("exec", "auth-provider", *_CLUSTER_FILES, *_USER_FILES, "insecure-skip-tls-verify", "proxy-url")
_KINDS: Final = {"clusters": "cluster", "contexts": "context", "users": "user"}


@dataclass(frozen=True, slots=True)
class Target:
    """One context with what it names; file names in it are absolute.

    Attributes:
        context: its name.
        namespace: the context's own, ``default`` if it has none.
        cluster: the cluster's entry.
        user: the user's entry, empty for an anonymous one.
        siblings: namespaces of all contexts with the same cluster and user, sorted: where this user works.
        user_file: the kubeconfig file that holds the user.
        user_name: name of the user's entry.
    """

    context: str
    namespace: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]
    siblings: tuple[str, ...] = ()
    user_file: str = ""
    user_name: str = ""

    @property
    def server(self) -> str:
        """Address of the API; without a scheme it is plain HTTP, as for kubectl."""
        server = str(self.cluster.get("server") or "").rstrip("/")
        return server if not server or "://" in server else f"http://{server}"

    @property
    def compress(self) -> bool:
        """Whether answers should be packed: not on this machine, and not where the cluster's entry forbids it."""
        return not self.cluster.get("disable-compression") and not is_local(self.server)

    def impersonation(self) -> Iterator[tuple[str, str]]:
        """Yield the headers that say whom to act as."""
        user = self.user
        if user.get("as"):
            yield "Impersonate-User", str(user["as"])
        if user.get("as-uid"):
            yield "Impersonate-Uid", str(user["as-uid"])
        for group in user.get("as-groups") or ():
            yield "Impersonate-Group", str(group)
        for key, values in (user.get("as-user-extra") or {}).items():
            for value in values:
                yield f"Impersonate-Extra-{_header_key(str(key))}", str(value)


class NotConfiguredError(ClusterError):
    """Nothing says which cluster is meant."""


@dataclass(slots=True)
class Merged:
    """Entries of all files by name, the first one counting; each with the file that holds it."""

    current: str = ""
    entries: dict[str, dict[str, tuple[dict[str, Any], str]]] = field(
        default_factory=lambda: {kind: {} for kind in _KINDS}
    )

    def find(self, kind: str, name: str) -> tuple[dict[str, Any], str]:
        """Give an entry and its file.

        Raises:
            ClusterError: there is none of that name.
        """
        found = self.entries[kind].get(name)
        if found is None:
            known = ", ".join(sorted(self.entries[kind])) or "none"
            raise ClusterError(f"kubeconfig has no {_KINDS[kind]} {name!r}", hint=f"It has: {known}.")
        return found


def config_files(kubeconfig: str | None, environ: Mapping[str, str]) -> list[str]:
    """Give the files that count, in order; those that are missing are left out unless named by the flag.

    Raises:
        ClusterError: the file named by the flag is missing.
    """
    if kubeconfig:
        if not os.path.exists(kubeconfig):  # noqa: PTH110 - names stay as written
            raise ClusterError(f"--kubeconfig: {kubeconfig} does not exist", hint=_NONE)
        return [kubeconfig]
    listed = [path for path in environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    if not listed:
        listed = [str(Path(environ.get("HOME") or Path.home()) / ".kube" / "config")]
    return [path for path in dict.fromkeys(listed) if os.path.exists(path)]  # noqa: PTH110 - as above


def merge(files: list[str]) -> Merged:
    """Read and merge the files.

    Raises:
        ClusterError: a file cannot be read or holds no kubeconfig.
    """
    merged = Merged()
    for path in files:
        value = _load(path)
        merged.current = merged.current or str(value.get("current-context") or "")
        for kind, single in _KINDS.items():
            seen: set[str] = set()
            for item in _listed(value, kind, path):
                name = str(item.get("name") or "")
                if name in seen:
                    raise ClusterError(f"{path}: two {kind} are named {name!r}")
                seen.add(name)
                merged.entries[kind].setdefault(name, (_absolute(item.get(single), path), path))
    return merged


def resolve(kubeconfig: str | None, context: str | None, environ: Mapping[str, str]) -> Target:
    """Give the context that a call means.

    Raises:
        NotConfiguredError: none is configured.
        ClusterError: what it names is missing.
    """
    merged = merge(config_files(kubeconfig, environ))
    name = context or merged.current
    if not name:
        raise NotConfiguredError("no cluster is configured: kubeconfig has no current context", hint=_NONE)
    entry, _ = merged.find("contexts", name)
    cluster, _ = merged.find("clusters", str(entry.get("cluster") or ""))
    if not cluster.get("server"):
        raise ClusterError(f"kubeconfig: cluster {entry.get('cluster')!r} names no server", hint=_NONE)
    user_name = str(entry.get("user") or "")
    if not user_name:
        raise ClusterError(f"kubeconfig: context {name!r} names no user", hint=_NONE)
    user, user_file = merged.find("users", user_name)
    siblings = {
        str(other.get("namespace") or "default")
        for other, _ in merged.entries["contexts"].values()
        if (other.get("cluster"), other.get("user")) == (entry.get("cluster"), entry.get("user"))
    }
    namespace = str(entry.get("namespace") or "default")
    return Target(name, namespace, cluster, user, tuple(sorted(siblings)), user_file, user_name)


def remote_target(name: str, content: bytes) -> Target:
    """Give the current context of a kubeconfig that came from a cluster and not from this machine's owner.

    Raises:
        ClusterError: it is none, or asks for what such a kubeconfig must not: running programs, reading files of this
            machine, talking to a server without verifying it.
    """
    value = _parsed(content, f"kubeconfig of cluster {name}")
    merged = Merged()
    for kind, single in _KINDS.items():
        for item in _listed(value, kind, name):
            merged.entries[kind].setdefault(str(item.get("name") or ""), (dict(item.get(single) or {}), ""))
    entry, _ = merged.find("contexts", str(value.get("current-context") or ""))
    cluster, _ = merged.find("clusters", str(entry.get("cluster") or ""))
    user, _ = merged.find("users", str(entry.get("user") or ""))
    refused = [key for key in _UNSAFE if user.get(key) or cluster.get(key)]
    if refused:
        raise ClusterError(
            f"the credential of remote cluster {name!r} is refused: it has {', '.join(refused)}",
            hint="From a Secret only tokens and certificates that are written in it are used.",
        )
    if wrong := faults(cluster, user):
        raise ClusterError(f"the credential of remote cluster {name!r} cannot be used: {'; '.join(wrong)}")
    return Target(name, str(entry.get("namespace") or "default"), cluster, user, (), "", "")


def contexts(kubeconfig: str | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give the names of all contexts, sorted."""
    return tuple(sorted(merge(config_files(kubeconfig, environ)).entries["contexts"]))


def _load(path: str) -> Mapping[str, Any]:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ClusterError(f"kubeconfig: {path}: {error.strerror}") from error
    return _parsed(content, f"kubeconfig: {path}")


def _parsed(content: bytes, what: str) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415 - only those who have a cluster need it

    try:
        value = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe in both forms
    except yaml.YAMLError as error:
        raise ClusterError(f"{what} is no YAML", hint=str(error).replace("\n", " ")) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ClusterError(f"{what} holds no kubeconfig")
    return value


def _listed(value: Mapping[str, Any], kind: str, path: str) -> list[Mapping[str, Any]]:
    found = value.get(kind) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ClusterError(f"kubeconfig: {path}: {kind!r} is no list of entries")
    return found


def _absolute(entry: Any, path: str) -> dict[str, Any]:
    """Give an entry with its file names made absolute, as seen from its own file."""
    found = dict(entry) if isinstance(entry, dict) else {}
    folder = Path(path).absolute().parent
    for key in (*_CLUSTER_FILES, *_USER_FILES):
        if found.get(key):
            found[key] = str(folder / str(found[key]))
    program = found.get("exec")
    command = str(program.get("command") or "") if isinstance(program, dict) else ""
    if os.sep in command:
        found["exec"] = {**program, "command": str(folder / command)} if isinstance(program, dict) else program
    return found


def _header_key(key: str) -> str:
    """Write a key as a part of a header's name: what may not stand there as %XX, as the API server expects it."""
    from urllib.parse import quote  # noqa: PLC0415 - only those who act as somebody else need it

    return quote(key, safe="!#$&'*+-.^_`|~")


def is_local(server: str) -> bool:
    """Whether a server is this machine."""
    from urllib.parse import urlsplit  # noqa: PLC0415 - only those who have a cluster need it

    return urlsplit(server).hostname in {"localhost", "127.0.0.1", "::1"}
