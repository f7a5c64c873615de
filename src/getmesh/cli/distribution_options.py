"""Options of the commands about builds, and the few objects that all of them start from."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from getmesh.cli.at_hand import home, open_catalog, print_document, warn

__all__ = ["catalog_options", "home", "open_catalog", "print_document", "sized", "version_options", "warn"]

F = TypeVar("F", bound=Callable[..., Any])


def version_options(function: F) -> F:
    """Add ``VERSION`` and the three options of the original command line."""
    for option in reversed(
        (
            click.argument("wanted", metavar="[VERSION]", required=False),
            click.option("--version", "version", metavar="V", help="Version, such as 1.30 or 1.30.3."),
            click.option("--flavor", metavar="NAME", help="Flavor: istio, tetrate or tetratefips."),
            click.option(
                "--flavor-version", "number", type=click.IntRange(min=0), metavar="N", help="Build of the flavor."
            ),
        )
    ):
        function = option(function)
    return function


def catalog_options(function: F) -> F:
    """Add where the catalog is refreshed from."""
    for option in reversed(
        (
            click.option(
                "--catalog-url",
                metavar="URL",
                envvar="GETMESH_CATALOG_URL",
                default="",
                help="Publisher of the catalog and its mirrors, blank-separated.",
            ),
            click.option("--refresh", is_flag=True, help="Ask the publisher now, and fail if that fails."),
        )
    ):
        function = option(function)
    return function


def sized(size: int) -> str:
    """Give bytes as people read them."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:  # noqa: PLR2004 - decimal units
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
