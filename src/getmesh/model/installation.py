"""What an installation of Istio makes in a cluster, as far as rights are concerned."""

from typing import Final

CREATED: Final = (
    ("", "namespaces", False),
    ("rbac.authorization.k8s.io", "clusterroles", False),
    ("rbac.authorization.k8s.io", "clusterrolebindings", False),
    ("apiextensions.k8s.io", "customresourcedefinitions", False),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", False),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", False),
    ("rbac.authorization.k8s.io", "roles", True),
    ("", "serviceaccounts", True),
    ("", "services", True),
    ("apps", "deployments", True),
    ("", "configmaps", True),
)
"""API group, resource, and whether it is made in Istio's own namespace: what istioctl asks about too."""


def created(namespace: str) -> list[tuple[str, str, str, str]]:
    """Give verb, API group, resource and namespace (``""`` for the cluster's own) of each that is made."""
    return [("create", group, resource, namespace if inside else "") for group, resource, inside in CREATED]
