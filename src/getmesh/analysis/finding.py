"""One fault at one place."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from getmesh.analysis.meta import RuleMeta, Severity
from getmesh.model.objects import Object
from getmesh.model.paths import Path, path_text


class Related(NamedTuple):
    """Another place that has part in a fault.

    Attributes:
        object: whose place it is.
        path: from its root.
        caption: what it has to do with the fault.
    """

    object: Object
    path: Path
    caption: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found.

    Attributes:
        meta: the rule.
        object: the object that is at fault.
        path: the exact place in it, ``()`` for the whole object.
        arguments: what fills the message.
        severity: as the rule or a more particular judgement says.
        related: other places.
        fixes: mechanical mends, for `--fix`.
    """

    meta: RuleMeta
    object: Object
    path: Path
    arguments: Mapping[str, str]
    severity: Severity
    related: tuple[Related, ...] = ()
    fixes: tuple["Fix", ...] = ()

    @property
    def message(self) -> str:
        """The message with its arguments filled in."""
        return self.meta.message.format_map(self.arguments)

    @property
    def order(self) -> tuple[str, str, str, str, str, str]:
        """Sort key: file or namespace, then kind, name, path, code and text."""
        where = self.object.origin.file if self.object.origin else ""
        return (
            where or self.object.namespace,
            self.object.kind,
            f"{self.object.namespace}/{self.object.name}",
            path_text(self.path),
            self.meta.code,
            self.message,
        )

    @property
    def fingerprint(self) -> str:
        """Names the same fault from run to run: code, object, path and text, but neither file nor line."""
        parts = (
            self.meta.code, self.object.api_version.rpartition("/")[0], self.object.kind, self.object.namespace,
            self.object.name, path_text(self.path), self.message,
        )  # fmt: skip
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Fix(NamedTuple):
    """A mend that needs no judgement.

    Attributes:
        path: place of the value or key to change.
        action: ``rename`` (the key at the path becomes `value`), ``replace`` (the value becomes the YAML text in
            `value`), ``quote`` and ``unquote`` (the value stays as written, with or without quotes) or ``remove``
            (the key goes).
        value: the new key or text.
    """

    path: Path
    action: str
    value: str = ""
