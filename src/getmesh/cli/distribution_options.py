"""Options of the commands about builds, and the few objects that all of them start from."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from getmesh.distributions.layout import home_folder

if TYPE_CHECKING:
    from getmesh.distributions.editions import Edition

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


def home() -> Path:
    """Give the folder of our state."""
    return Path(home_folder(os.environ))


def open_catalog(catalog_url: str, *, refresh: bool) -> "Edition":
    """Give the newest edition of the catalog at hand; its warnings go to the error stream."""
    from getmesh.distributions.editions import load_fresh

    edition = load_fresh(home(), catalog_url, os.environ, insist=refresh)
    for warning in edition.warnings:
        warn(warning)
    return edition


def warn(text: str) -> None:
    """Say something on the error stream, so that results can still be piped."""
    click.echo(f"getmesh: {text}", err=True)


def print_document(document: object, output: str) -> None:
    """Print plain data as JSON or YAML."""
    from getmesh.report import json, yaml

    click.echo(json.dumps(document) if output == "json" else yaml.dumps(document), nl=False)


def sized(size: int) -> str:
    """Give bytes as people read them."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:  # noqa: PLR2004 - decimal units
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
