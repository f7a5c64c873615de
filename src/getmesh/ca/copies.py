"""Copies of the CA outside of the cluster, and whether one may come back."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import yaml

from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.encryption import check_recipients, encrypt
from getmesh.ca.files import check_target, write_private
from getmesh.ca.fitness import judge
from getmesh.ca.problems import errors
from getmesh.ca.secrets import Secret, manifest
from getmesh.errors import InputError, UsageError


def export(secret: Secret, namespace: str, file: Path, recipients: Sequence[str], *, force: bool) -> None:
    """Write a Secret's manifest into a private file, encrypted if there are recipients.

    Raises:
        UsageError: a recipient is none, or something is there.
        StorageError: it cannot be written.
    """
    check_recipients(recipients)
    check_target(file, force=force)
    text = yaml.safe_dump(manifest(secret, namespace), sort_keys=False).encode()
    write_private(file, encrypt(text, recipients) if recipients else text, force=force)


def demand_restorable(
    bundle: Bundle, existing: Secret | None, now: datetime, *, unfit: bool, replace_root: bool
) -> None:
    """See that a copy would serve, and that workloads would go on trusting each other.

    Raises:
        InputError: it would not serve.
        UsageError: it has another root.
    """
    broken = errors(judge(bundle, now))
    if broken and not unfit:
        raise InputError(
            "this copy would break the mesh: " + "; ".join(problem.message for problem in broken),
            hint="Take another one, or add --unfit.",
        )
    if existing is None or replace_root:
        return
    try:
        present = from_data(existing.data)
    except InputError:
        return
    anchor = present.anchor
    if anchor is not None and not (anchor in bundle.roots and bundle.anchor in present.roots):
        raise UsageError(
            "this copy has another root than the CA of now, or lacks the root of it",
            hint="Go in stages with 'getmesh ca rotate', to and fro, or add --replace-root: then traffic breaks.",
        )
