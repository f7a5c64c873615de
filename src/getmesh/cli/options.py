"""Options that several commands share, so that they look and mean the same everywhere."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def examples(*lines: str) -> str:
    """Give an epilog that shows calls; a test runs each of them."""
    # "\b" tells click to keep the line breaks of the paragraph.
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


def output_option(*formats: str) -> Callable[[F], F]:
    """Add ``-o/--output`` with these formats, the first one being the default."""
    return click.option(
        "-o",
        "--output",
        "output",
        type=click.Choice(formats, case_sensitive=False),
        default=formats[0],
        show_default=True,
        help="Output format.",
    )


def istio_version_option(function: F) -> F:
    """Add ``--istio-version``."""
    return click.option(
        "--istio-version",
        metavar="VERSION",
        help="Judge for this Istio version, such as 1.28 (default: the active distribution's, else 1.31).",
    )(function)


def input_options(function: F) -> F:
    """Add the options that say what the mesh is: files or snapshot, mesh configuration, version."""
    for option in reversed(
        (
            click.option("--offline", is_flag=True, help="Look at the given files alone: no cluster, no network."),
            click.option("--snapshot", metavar="FILE", help="Take the mesh from a file made by 'snapshot save'."),
            click.option("--mesh-config", metavar="FILE", help="Mesh configuration; beats what the input holds."),
            click.option("--mesh-networks", metavar="FILE", help="Mesh networks; beats what the input holds."),
            click.option("--cluster-domain", default="cluster.local", show_default=True, help="DNS suffix."),
            istio_version_option,
        )
    ):
        function = option(function)
    return function


def cluster_options(function: F) -> F:
    """Add the options that choose a cluster, named as kubectl's."""
    for option in reversed(
        (
            click.option("-c", "--kubeconfig", metavar="FILE", help="Kubeconfig file."),
            click.option("--context", metavar="NAME", help="Kubeconfig context."),
        )
    ):
        function = option(function)
    return function
