"""Resolution of a call with everything at hand: the control plane is asked when its answer is not remembered."""

import time
from collections.abc import Mapping

from getmesh.distributions import contexts, layout
from getmesh.distributions.passthrough import working_folder
from getmesh.distributions.resolution import Decision, UnresolvedError, find_version_file, resolve
from getmesh.distributions.shortcut import leave_shortcut
from getmesh.errors import GetmeshError, StorageError, UsageError

ASK_SECONDS = 2.0
ALL_SECONDS = 4.0


def decide(environ: Mapping[str, str], arguments: list[str], flag: str | None, *, installing: bool = False) -> Decision:
    """Find the build of a call of istioctl.

    Args:
        environ: environment of the call.
        arguments: of istioctl.
        flag: what ``--istio-version`` before the command says.
        installing: the call changes the control plane, so that its present version must not decide.

    Raises:
        UsageError: nothing fits.
        StorageError: what fits is damaged.
    """
    home = layout.home_folder(environ)
    folder = working_folder()
    asks = not (installing or flag or find_version_file(folder))

    def control_plane() -> tuple[str, str]:
        return _control_plane(home, environ, arguments)

    try:
        decision = resolve(home, environ, folder, flag, control_plane if asks else None)
    except UnresolvedError as error:
        raise UsageError(str(error), hint=error.hint) from None
    except layout.DamagedError as error:
        raise StorageError(str(error), hint="Choose a build again: getmesh switch VERSION") from None
    leave_shortcut(home, environ)
    return decision


def _control_plane(home: str, environ: Mapping[str, str], arguments: list[str]) -> tuple[str, str]:
    wish = contexts.cached_wish(home, environ, arguments)
    if wish is not None:
        return (
            wish,
            f"runs {wish} as remembered" if wish else "none known (offline, no kubeconfig, or no answer lately)",
        )
    key = contexts.context_key(environ, arguments)
    if key is None:
        return "", "no kubeconfig"
    wish, how = _ask(arguments)
    _remember(home, key, wish)
    return wish, how


def _ask(arguments: list[str]) -> tuple[str, str]:
    """Ask the cluster; whatever goes wrong only means that nothing is known.

    Names that do not resolve and credential programs know no time limit of ours, so a thread asks and is left behind
    when it takes too long; it ends with this process or when istioctl takes the process over.
    """
    from importlib import import_module
    from threading import Thread

    # Loading the client is our own time, not the cluster's.
    for name in ("kubernetes.client", "kubernetes.config", "getmesh.distributions.running"):
        import_module(name)
    answers: list[tuple[str, str]] = []
    asking = Thread(target=lambda: answers.append(_answer(arguments)), daemon=True)
    asking.start()
    asking.join(ALL_SECONDS)
    return answers[0] if answers else ("", f"no answer within {ALL_SECONDS:g} seconds")


def _answer(arguments: list[str]) -> tuple[str, str]:
    from getmesh.cli.clusters import cluster_of_call
    from getmesh.distributions.calls import flag_value
    from getmesh.distributions.running import control_plane_versions

    namespace = flag_value(arguments, "--istioNamespace", "-i") or "istio-system"
    try:
        cluster = cluster_of_call(arguments, seconds=ASK_SECONDS)
        versions = sorted({found.version for found in control_plane_versions(cluster, namespace)})
    except GetmeshError as error:
        return "", f"no answer ({error.message})"
    if not versions:
        return "", f"no control plane in {namespace}"
    newest = versions[-1]
    more = f", the newest of {len(versions)}" if len(versions) > 1 else ""
    return newest.name if newest.is_release else "", f"runs {newest}{more}"


def _remember(home: str, key: str, wish: str) -> None:
    from contextlib import suppress
    from pathlib import Path

    from getmesh.distributions.records import render
    from getmesh.ports.disk import write_atomically

    with suppress(StorageError):
        fields = contexts.remembered(home, key, wish, time.time())
        write_atomically(Path(contexts.memory_file(home)), render("contexts", fields))
