"""Reports that every format is tried on: none, one of each severity, hostile names, unusable input."""

from getmesh.analysis.finding import Finding, Related
from getmesh.analysis.meta import RuleMeta, Severity
from getmesh.analysis.placing import Place, Placed
from getmesh.analysis.runner import Gap
from getmesh.model.objects import Object, Origin
from getmesh.model.paths import Path
from getmesh.report.findings import FindingsReport, InputFault


def meta(code: str = "IST0101", twin: str = "") -> RuleMeta:
    return RuleMeta(
        code=code, name="thing-missing", severity=Severity.ERROR, title="A thing is missing",
        means="The thing is not there.", why="Traffic gets lost.", fix="Make the thing.",
        message="thing {thing!r} is missing", reads=("VirtualService",), since="0.1", twin=twin,
    )  # fmt: skip


def thing(name: str = "cart", namespace: str = "shop") -> Object:
    raw = {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": namespace},
    }
    return Object(raw, Origin("shop.yaml", 1, 0, 10))


def placed(
    code: str = "IST0101",
    severity: Severity = Severity.ERROR,
    *,
    obj: Object | None = None,
    path: Path = ("spec", "http", 0),
    value: str = "a",
    twin: str = "",
) -> Placed:
    where = obj or thing()
    related = (Related(where, ("spec",), "the other one"),)
    finding = Finding(meta(code, twin), where, path, {"thing": value}, severity, related)
    return Placed(finding, Place("shop.yaml", 3, 5), (Place("shop.yaml", 2, 1),))


EMPTY = FindingsReport(findings=[], rules=[meta()], objects=3)
HOSTILE = 'a|b`c<d>&"e"\x1b[31m\n::error::%0A]]>'
FULL = FindingsReport(
    findings=[
        placed(),
        placed("IST0102", Severity.WARNING),
        placed("KIA1102", Severity.INFO, obj=thing(HOSTILE, "näm·雪"), value=HOSTILE),
    ],
    rules=[meta(), meta("IST0102"), meta("KIA1102")],
    gaps=[Gap("IST0141", "needs a cluster")],
    faults=[InputFault("bad <file>.yaml", 4, 2, "mapping value is not allowed here\nreally")],
    objects=3,
    suppressed=2,
    complete=False,
)
