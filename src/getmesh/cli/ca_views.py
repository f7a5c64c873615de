"""CAs and their faults as tables and plain data."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from getmesh.ca import keys, pem
from getmesh.ca.lint_certificates import extension
from getmesh.report.columns import clean, table

if TYPE_CHECKING:
    from cryptography import x509

    from getmesh.ca.bundle import Bundle
    from getmesh.ca.problems import Problem
    from getmesh.ca.status import Status, Workload

_SHOWN = 3
HEAD = ("ROLE", "SUBJECT", "ISSUER", "KEY", "NOT AFTER", "DAYS", "SHA256")


def certificate_data(certificate: "x509.Certificate", role: str, now: datetime) -> dict[str, Any]:
    """Give what matters of a certificate."""
    from cryptography import x509

    constraints = extension(certificate, x509.BasicConstraints)
    return {
        "role": role,
        "subject": pem.name_text(certificate.subject),
        "issuer": pem.name_text(certificate.issuer),
        "serial": f"{certificate.serial_number:x}",
        "key": keys.describe(certificate.public_key()),
        "ca": bool(constraints and constraints.value.ca),
        "pathLength": constraints.value.path_length if constraints else None,
        "notBefore": certificate.not_valid_before_utc.isoformat(),
        "notAfter": certificate.not_valid_after_utc.isoformat(),
        "daysLeft": round(pem.days_left(certificate, now), 1),
        "sha256": pem.fingerprint(certificate),
    }


def bundle_data(bundle: "Bundle", now: datetime) -> list[dict[str, Any]]:
    """Give every certificate of a bundle with its role, each once for each role."""
    rows = []
    if bundle.signer is not None:
        rows.append(certificate_data(bundle.signer, "signs", now))
    rows += [certificate_data(one, "chain", now) for one in bundle.between if one != bundle.signer]
    rows += [certificate_data(one, "root", now) for one in bundle.roots]
    return rows


def certificates_table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay certificates out."""
    return table(HEAD, [
        (row["role"], clean(row["subject"]), clean(row["issuer"]), row["key"], row["notAfter"][:10],
         f"{row['daysLeft']:.0f}", row["sha256"][:16])
        for row in rows
    ])  # fmt: skip


def problems_data(problems: Sequence["Problem"]) -> list[dict[str, str]]:
    """Give problems as plain data."""
    return [{"code": one.code, "severity": str(one.severity), "message": one.message} for one in problems]


def problems_table(problems: Sequence["Problem"]) -> str:
    """Lay problems out; nothing for none."""
    if not problems:
        return ""
    return table(
        ("SEVERITY", "CODE", "MESSAGE"), [(str(one.severity), one.code, clean(one.message)) for one in problems]
    )


def status_data(status: "Status", faults: Sequence[str], now: datetime) -> dict[str, Any]:
    """Give the status as plain data."""
    rows = bundle_data(status.bundle, now) if status.bundle else []
    rows += [certificate_data(one.chain[0], "istiod", now) for one in status.served if one.chain]
    rows += [certificate_data(one, "handed out", now) for one in status.handed_out]
    return {
        "schema": "getmesh/ca-status/v1",
        "source": status.source,
        "complete": not status.gaps,
        "certificates": rows,
        "istiodServesCurrent": status.serves_current,
        "istiods": [
            {"istiod": one.istiod, "current": status.is_current(one), "sha256": pem.fingerprint(one.chain[0])}
            for one in status.served
            if one.chain
        ],
        "rootConfigMaps": [
            {
                "namespace": one.namespace,
                "current": one.current,
                "sha256": [pem.fingerprint(root) for root in one.roots],
            }
            for one in status.roots
        ],
        "workloads": [_workload_data(one) for one in status.workloads],
        "summary": {str(use): count for use, count in sorted(status.counts.items())},
        "faults": list(faults),
        "gaps": list(status.gaps),
    }


def _workload_data(one: "Workload") -> dict[str, Any]:
    return {
        "proxy": one.proxy,
        "identity": one.identity,
        "use": str(one.use),
        "issuer": one.issuer,
        "key": one.key,
        "notAfter": one.not_after.isoformat() if one.not_after else None,
        "trusts": sorted(one.trusts),
        "reason": one.reason,
    }


def status_tables(status: "Status") -> str:
    """Give workloads grouped by use, issuer, key and trust, and the namespaces with other roots; for people."""
    groups: dict[tuple[str, str, str, str], list[Workload]] = {}
    for one in status.workloads:
        trust = ",".join(sorted(sha[:8] for sha in one.trusts)) or "-"
        groups.setdefault((str(one.use), one.issuer or one.reason, one.key or "-", trust), []).append(one)
    text = ""
    if groups:
        head = ("USE", "COUNT", "ISSUED BY", "KEY", "FIRST ENDS", "TRUSTS", "PROXIES")
        text = table(head, [_group(*key, members) for key, members in groups.items()])
    if status.served and status.bundle is not None:
        current = len(status.served) - len(status.behind)
        text += f"istiod: {current} of {len(status.served)} serve a certificate of the CA\n"
    if status.roots:
        current = sum(one.current for one in status.roots)
        text += f"roots: {current} of {len(status.roots)} namespaces hand out those of the CA\n"
    return text


def _group(use: str, issuer: str, key: str, trust: str, members: "Sequence[Workload]") -> tuple[str, ...]:
    first = min((one.not_after for one in members if one.not_after), default=None)
    names = ", ".join(one.proxy for one in members[:_SHOWN]) + (" …" if len(members) > _SHOWN else "")
    ends = f"{first:%Y-%m-%d %H:%M}" if first else "-"
    return (use, str(len(members)), clean(issuer), key, ends, trust, clean(names))
