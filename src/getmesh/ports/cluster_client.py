"""A cluster through the official Kubernetes client: kubeconfig, credential programs and proxies as kubectl has them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from getmesh.errors import ClusterError
from getmesh.ports.cluster import ClusterRefused

_REACH = "Check the context with 'kubectl config current-context' and its reach with 'kubectl version'."


class ClusterClient:
    """One context of a kubeconfig.

    Args:
        kubeconfig: file, None for ``KUBECONFIG`` or the usual place.
        context: name, None for the current one.
        seconds: how long an answer may take.

    Raises:
        ClusterError: there is no such configuration.
    """

    def __init__(self, kubeconfig: str | None, context: str | None, seconds: float = 30) -> None:
        from kubernetes import client, config  # noqa: PLC0415 - half a second; only for those who have a cluster
        from urllib3.util import Retry  # noqa: PLC0415 - as above

        settings: Any = client.Configuration()
        try:
            loader: Any = config.kube_config.load_kube_config
            loader(config_file=kubeconfig, context=context, client_configuration=settings)
        except (config.ConfigException, OSError) as error:
            self._load_in_cluster(config, settings, str(error), named=bool(kubeconfig or context))
        settings.retries = Retry(0)
        self._client: Any = client.ApiClient(settings)
        self._seconds = seconds
        self.server: str = settings.host
        self.namespace = _namespace(config, kubeconfig, context)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """Give the body at a path."""
        return self._call("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def post(self, path: str, body: bytes) -> bytes:
        """Give the answer to a JSON document."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: bytes | None) -> bytes:
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 - loaded by now
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - loaded by now

        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            answer = self._client.rest_client.pool_manager.request(
                method, f"{self.server}{path}", body=body, headers=headers, timeout=self._seconds
            )
        except (HTTPError, ApiException) as error:
            reason = getattr(error, "reason", None) or error
            raise ClusterError(f"{self.server} cannot be reached: {reason}", hint=_REACH) from error
        if answer.status >= 400:  # noqa: PLR2004 - HTTP: errors begin here
            raise ClusterRefused(f"{path.partition('?')[0]}: the API answered {answer.status}", answer.status)
        data: bytes = answer.data
        return data

    def _load_in_cluster(self, config: Any, settings: Any, reason: str, *, named: bool) -> None:
        if not named:
            try:
                config.incluster_config.load_incluster_config(client_configuration=settings)
            except config.ConfigException:
                pass
            else:
                return
        raise ClusterError(
            f"no cluster is configured: {reason}", hint="Set KUBECONFIG, or give --kubeconfig and --context."
        )


def _namespace(config: Any, kubeconfig: str | None, context: str | None) -> str:
    try:
        contexts, current = config.list_kube_config_contexts(config_file=kubeconfig)
    except (config.ConfigException, OSError):
        return "default"
    wanted = next((one for one in contexts if one["name"] == context), current)
    return str((wanted or {}).get("context", {}).get("namespace") or "default")
