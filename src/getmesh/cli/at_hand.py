"""What commands about builds start from, without the command line library, so that `list` is quick."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from getmesh.distributions.layout import home_folder

if TYPE_CHECKING:
    from getmesh.distributions.editions import Edition


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
    print(f"getmesh: {text}", file=sys.stderr)


def print_document(document: object, output: str) -> None:
    """Print plain data as JSON or YAML."""
    from getmesh.report import json, yaml

    sys.stdout.write(json.dumps(document) if output == "json" else yaml.dumps(document))
