"""The options of a thought-of change, and how their files are read."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from getmesh.discovery.proposal import Proposal

F = TypeVar("F", bound=Callable[..., Any])


def proposal_options(function: F) -> F:
    """Add the options that say what would change."""
    for option in reversed(
        (
            click.option("--selectors", metavar="FILE", help="Discovery selectors instead of the present ones."),
            click.option(
                "--label", "put_labels", multiple=True, metavar="NS=K=V", help="Label a namespace; NS=K- unlabels."
            ),
            click.option("--sidecar", "sidecars", multiple=True, metavar="FILE", help="Sidecars to apply."),
            click.option("--apply", "applied", multiple=True, metavar="PATH", help="Any objects to apply."),
            click.option("--delete", "deleted", multiple=True, metavar="KIND/NAME.NS", help="An object to take away."),
            click.option("--revision", default="", metavar="REV", help="Whose mesh configuration changes."),
        )
    ):
        function = option(function)
    return function


def read_proposal(given: dict[str, Any], mesh_file: str | None) -> "Proposal":
    """Read the change that the options describe.

    Raises:
        UsageError: an option is written wrongly.
        InputError: a file cannot be used.
    """
    from getmesh.cli.input import decode_document, decode_file
    from getmesh.discovery.proposal import Proposal, selectors_in
    from getmesh.errors import InputError

    selectors = None
    if given["selectors"]:
        selectors = selectors_in(decode_document(given["selectors"], "--selectors", "mesh"))
        if selectors is None:
            raise InputError(
                f"--selectors: {given['selectors']}: no discovery selectors in it",
                hint="Write a list of selectors, or mesh configuration with discoverySelectors.",
            )
    return Proposal(
        selectors=selectors,
        mesh=decode_file(mesh_file or None, "--mesh-config"),
        labels=_labels(given["put_labels"]),
        objects=_objects([*given["sidecars"], *given["applied"]]),
        without=frozenset(_identity(text) for text in given["deleted"]),
        revision=given["revision"],
    )


def _objects(paths: list[str]) -> list[Any]:
    from getmesh.errors import InputError
    from getmesh.sources.reading import read

    if not paths:
        return []
    reading = read(paths)
    for fault in reading.faults:
        raise InputError(f"{fault.file}:{fault.line}: {fault.message}")
    return list(reading.objects)


def _labels(texts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    from getmesh.errors import UsageError

    found: dict[str, dict[str, str]] = {}
    for text in texts:
        namespace, equals, rest = text.partition("=")
        key, given, value = rest.partition("=")
        if not equals or not namespace or not key or not (given or key.endswith("-")):
            raise UsageError(f"--label {text!r}: write it as NAMESPACE=KEY=VALUE, or NAMESPACE=KEY- to take it away")
        found.setdefault(namespace, {})[key if given else key[:-1]] = value
    return found


def _identity(text: str) -> tuple[str, str, str]:
    from getmesh.discovery.simulation import TYPES
    from getmesh.errors import UsageError
    from getmesh.model.kinds import BY_KEY

    kind, slash, rest = text.partition("/")
    name, dot, namespace = rest.rpartition(".")
    known = {key.lower(): key for key in BY_KEY} | {item.plural: key for key, item in BY_KEY.items()} | TYPES
    key = known.get(kind.lower(), "")
    if not slash or not key:
        raise UsageError(f"--delete {text!r}: write it as KIND/NAME.NAMESPACE, such as Sidecar/default.shop")
    if not BY_KEY[key].namespaced:
        return key, "", rest
    return key, namespace if dot else "default", name if dot else rest
