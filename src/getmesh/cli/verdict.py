"""From findings to a report and an exit code."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from getmesh.analysis.catalogue import Rule, modules
from getmesh.analysis.placing import place_all
from getmesh.analysis.runner import Result
from getmesh.analysis.selection import choose, expand
from getmesh.analysis.suppression import Filtered, Policy, Scope, apply, parse_suppression
from getmesh.analysis.wording import listing
from getmesh.cli.input import MeshInput
from getmesh.errors import InputError
from getmesh.report.findings import Difference, FindingsReport, InputFault, Limits
from getmesh.sources import project

EXIT_FINDINGS = 1
EXIT_INPUT = 2
EXIT_PARTIAL = 3
EXIT_BUG = 70
_GATE = {"error": 0, "warning": 1, "info": 2, "never": -1}


@dataclass(frozen=True, slots=True)
class Request:
    """What the user wants to see, from options and project configuration together; options win.

    Attributes:
        codes: rules to run.
        named: codes that the user selected by their whole name.
        gate: severity from which on the exit code is 1, or ``never``.
    """

    codes: frozenset[str]
    named: frozenset[str]
    gate: str
    policy: Policy
    project: project.Project
    output: str
    output_file: str | None
    dedupe: bool
    strict_partial: bool
    colour: bool

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Request":
        """Read the options of ``config-validate``.

        Raises:
            UsageError: a code, a suppression or the configuration file is wrong.
            InputError: the baseline cannot be read.
        """
        found = project.find(Path.cwd())
        known = modules()
        select = _split(given["select"]) or list(found.select)
        policy = Policy(
            suppressions=tuple(parse_suppression(text) for text in given["suppress"]),
            scopes=tuple(
                Scope(expand(scope.codes, known, found.file), scope.path, scope.namespace) for scope in found.scopes
            ),
            severities=found.severity,
            namespaces=frozenset() if given["all_namespaces"] else frozenset(_split(given["namespaces"])),
            baseline=read_baseline(given["baseline"]),
        )
        ignored = [*_split(given["ignore"]), *found.ignore, *(c for c in found.kiali.ignored_codes if c in known)]
        named = frozenset(code.upper() for code in select)
        return cls(
            codes=choose(select, [code for code in ignored if code.upper() not in named], known),
            named=named,
            gate=given["fail_on"] or found.fail_on or "error",
            policy=policy,
            project=found,
            output=given["output"],
            output_file=given["output_file"],
            dedupe=given["dedupe"] == "on",
            strict_partial=given["strict_partial"],
            colour=wants_colour(given["color"], given["output_file"]),
        )


def wants_colour(choice: str, output_file: str | None) -> bool:
    """Whether to colour: as told, else only on a terminal and unless ``NO_COLOR`` is set."""
    if choice != "auto":
        return choice == "always"
    return output_file is None and not os.environ.get("NO_COLOR") and sys.stdout.isatty()


def _split(values: Iterable[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def read_baseline(path: str | None) -> frozenset[str]:
    """Give the fingerprints of an earlier JSON report.

    Raises:
        InputError: the file cannot be read or is no such report.
    """
    if path is None:
        return frozenset()
    import msgspec

    try:
        report = msgspec.json.decode(Path(path).read_bytes())
        several = [*report.get("clusters", ()), report.get("between", {"findings": ()})]
        reports = [one for one in several if "error" not in one] if "clusters" in report else [report]
        return frozenset(finding["fingerprint"] for one in reports for finding in one["findings"])
    except OSError as error:
        raise InputError(f"--baseline: {path}: {error.strerror}") from error
    except (msgspec.DecodeError, AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"--baseline: {path} is no report of findings", hint="Make one: config-validate -o json --output-file FILE."
        ) from error


def filtered(mesh: MeshInput, request: Request, result: Result) -> Filtered:
    """Give the findings with their places, without those that the user wants to hear nothing of."""
    reading = mesh.reading
    policy = request.policy
    if reading.files:
        from dataclasses import replace

        policy = replace(policy, commented=lambda place, code: reading.locator.suppression(place, code) is not None)
    return apply(place_all(result.findings, reading.locator), policy)


def report_of(
    mesh: MeshInput,
    request: Request,
    rules: tuple[Rule, ...],
    result: Result,
    difference: Difference | None = None,
) -> FindingsReport:
    """Put together what every format is given."""
    reading = mesh.reading
    kept = filtered(mesh, request, result)
    faults = tuple(InputFault(*fault) for fault in reading.faults)
    settings = mesh.snapshot.settings
    major, minor = settings.istio_version
    partial = bool(settings.unread or settings.partial or settings.assumed or settings.hidden)
    return FindingsReport(
        findings=kept.kept,
        rules=[rule.meta for rule in rules],
        gaps=result.gaps,
        faults=faults,
        mode=mesh.mode,
        istio_version=f"{major}.{minor}",
        objects=len(reading.objects),
        suppressed=kept.suppressed,
        baseline=kept.baseline,
        complete=not (faults or result.crashes or partial),
        note="" if reading.objects or faults else "nothing to check: no Kubernetes objects in the input",
        dedupe=request.dedupe,
        difference=difference,
        limits=Limits(settings.unread, settings.partial, {**settings.assumed, **_hidden(settings.hidden)}),
    )


def conclude(
    mesh: MeshInput,
    request: Request,
    rules: tuple[Rule, ...],
    result: Result,
    difference: Difference | None = None,
) -> int:
    """Print the report, say what went wrong on stderr, and give the exit code."""
    report = report_of(mesh, request, rules, result, difference)
    show(report, request)
    tell(report, request, result, mesh.reading.warnings)
    return exit_code(report, request, crashed=bool(result.crashes))


def _hidden(identities: frozenset[tuple[str, str, str]]) -> dict[str, str]:
    """Say that named objects are taken to exist, since nobody may look."""
    names = sorted(f"{namespace}/{name}" for _, namespace, name in identities)
    return {"Secret": f"you may not read {listing(names)}; it is taken to exist"} if names else {}


def show(report: FindingsReport, request: Request) -> None:
    """Write the report in the chosen format to stdout or, atomically, to the file."""
    renderer = import_module(f"getmesh.report.{request.output}")
    options = {"colour": request.colour} if request.output == "table" else {}
    write(renderer.render(report, **options), request)


def write(text: str, request: Request) -> None:
    """Write a text to stdout or, atomically, to the file that was asked for."""
    if request.output_file is None:
        sys.stdout.write(text)
        return
    from getmesh.ports.disk import write_atomically

    write_atomically(Path(request.output_file), text.encode("utf-8", "backslashreplace"))


def tell(report: FindingsReport, request: Request, result: Result, warnings: Iterable[Any]) -> None:
    """Say on standard error what went wrong, and under a table how much there is."""
    for fault in report.faults:
        print(f"{fault.file}:{fault.line}:{fault.column}: {fault.message}", file=sys.stderr)
    for warning in warnings:
        print(f"{warning.file}:{warning.line}: note: {warning.message}", file=sys.stderr)
    for crash in result.crashes:
        from getmesh.cli.crash import write_log

        print(f"getmesh: rule {crash.code} failed, a bug of ours; {write_log(crash.error, [])}", file=sys.stderr)
    if request.output == "table":
        from getmesh.report.table import summary

        sys.stdout.flush()
        sys.stderr.write(summary(report))


def exit_code(report: FindingsReport, request: Request, *, crashed: bool) -> int:
    """Give the exit code, the same in every format: a bug of ours first, then unusable input, then findings.

    3 (partial) when something could not be looked at and either ``--strict-partial`` asks for it or the gate would
    otherwise call an incomplete look clean.
    """
    if crashed:
        return EXIT_BUG
    if report.faults:
        return EXIT_INPUT
    limit = _GATE[request.gate]
    if any(placed.finding.severity.rank <= limit for placed in report.findings):
        return EXIT_FINDINGS
    if not report.complete and (request.strict_partial or limit >= 0):
        return EXIT_PARTIAL
    if request.strict_partial and not all(gap.idle for gap in report.gaps):
        return EXIT_PARTIAL
    return 0
