"""The YAML cases beside each rule: tests for us, examples for users."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from getmesh.analysis.finding import Finding
from getmesh.model.paths import path_text


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        name: the claim.
        config: the mesh as YAML text.
        expect: findings as `describe` writes them, in order; empty for a good case.
        mesh: mesh configuration given by the user.
        settings: further settings by name.
        peers: the other clusters of the mesh as YAML text, by name.
    """

    name: str
    config: str
    expect: tuple[str, ...] = ()
    mesh: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    peers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Everything that is judged, as one text: with several clusters, each under its name."""
        if not self.peers:
            return self.config
        parts = {str(self.settings.get("cluster", "")): self.config, **self.peers}
        return "---\n".join(f"# cluster {name}\n{config}" for name, config in parts.items())


def read_cases(text: str) -> list[Case]:
    """Read a rule's cases, bad ones first.

    Raises:
        ValueError: the text has another shape.
    """
    # The loader without types keeps every scalar a string but what a case needs as data.
    document = yaml.safe_load(text)
    if not isinstance(document, dict) or set(document) != {"bad", "good"}:
        raise ValueError("cases need the two maps 'bad' and 'good'")
    found: list[Case] = []
    for group in ("bad", "good"):
        for name, body in document[group].items():
            unknown = set(body) - {"config", "expect", "mesh", "settings", "peers"}
            if unknown or bool(body.get("expect")) != (group == "bad"):
                raise ValueError(f"{group} case {name!r}: unknown keys {sorted(unknown)} or wrong expectations")
            found.append(
                Case(
                    str(name),
                    body["config"],
                    tuple(body.get("expect", ())),
                    body.get("mesh"),
                    body.get("settings", {}),
                    body.get("peers", {}),
                )
            )
    return found


def describe(finding: Finding) -> str:
    """Write a finding as cases expect it: ``Kind namespace/name path: message``, another severity in brackets."""
    where = f"{finding.object.kind} {finding.object.full_name} {path_text(finding.path)}".rstrip()
    other = f" [{finding.severity}]" if finding.severity is not finding.meta.severity else ""
    return f"{where}: {finding.message}{other}"
