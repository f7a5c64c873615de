"""Bytes of the parts of clusters, endpoints and routes that an istiod without special settings builds.

Measured with Istio 1.32; each number is what a message takes beside the texts that the functions add.
"""

from typing import Final

ROUTES: Final = 15
"""A set of routes without any host."""
CATCH_ALL_HOST: Final = 64
"""The virtual host for whatever no service is called."""
EMPTY_HOST: Final = 19
"""The virtual host of a router's port for which there is no route."""
_HOST: Final = 20

EDS_ROW: Final = 48
EDS_TLS: Final = 55
EDS_LOCALITY: Final = 11

CLUSTER: Final = 356
CLUSTER_DNS: Final = 144
CLUSTER_EXTERNAL: Final = 16
CLUSTER_PROTOCOL: Final = 146
CLUSTER_EDS: Final = 16
CLUSTER_TLS: Final = 413
CLUSTER_TLS_ALWAYS: Final = 255
CLUSTER_TLS_MUTUAL: Final = 334
CLUSTER_TLS_SIMPLE: Final = 280
CLUSTER_RULE: Final = 70
CLUSTER_SUBSET: Final = 16
CLUSTER_INBOUND: Final = 215


def virtual_host(name: str, domains: int) -> int:
    """Give the bytes of a virtual host without its routes, whose domains take so many."""
    return _HOST + len(name) + domains
