"""The status as a Prometheus text file, for the textfile collector of node-exporter."""

from collections.abc import Iterator

from getmesh.ca import pem
from getmesh.ca.status import Status, Use


def render(status: Status) -> str:
    """Give the metrics; times are seconds since 1970."""
    return "".join(f"{line}\n" for line in _lines(status))


def _lines(status: Status) -> Iterator[str]:
    yield "# HELP getmesh_ca_expiry_timestamp_seconds End of a certificate of the mesh's CA."
    yield "# TYPE getmesh_ca_expiry_timestamp_seconds gauge"
    bundle = status.bundle
    if bundle is not None:
        signer = [bundle.signer] if bundle.signer else []
        parts = [("signs", signer), ("chain", [one for one in bundle.between if one not in signer])]
        leaves = list(dict.fromkeys(one.chain[0] for one in status.served if one.chain))
        for role, certificates in (*parts, ("root", bundle.roots), ("istiod", leaves)):
            for one in certificates:
                labels = (
                    f'role="{role}",subject="{_quoted(pem.name_text(one.subject))}",sha256="{pem.fingerprint(one)}"'
                )
                yield f"getmesh_ca_expiry_timestamp_seconds{{{labels}}} {one.not_valid_after_utc.timestamp():.0f}"
    yield "# HELP getmesh_ca_workloads Workload certificates by who issued them."
    yield "# TYPE getmesh_ca_workloads gauge"
    counts = status.counts
    yield from (f'getmesh_ca_workloads{{use="{use}"}} {counts[use]}' for use in Use)
    yield "# HELP getmesh_ca_root_configmaps ConfigMaps that hand out roots, by whether they are the CA's."
    yield "# TYPE getmesh_ca_root_configmaps gauge"
    current = sum(one.current for one in status.roots)
    yield f'getmesh_ca_root_configmaps{{state="current"}} {current}'
    yield f'getmesh_ca_root_configmaps{{state="stale"}} {len(status.roots) - current}'
    yield "# HELP getmesh_ca_istiods Istiods by whether they serve a certificate of the CA."
    yield "# TYPE getmesh_ca_istiods gauge"
    behind = len(status.behind)
    yield f'getmesh_ca_istiods{{state="current"}} {len(status.served) - behind if bundle else 0}'
    yield f'getmesh_ca_istiods{{state="other"}} {behind}'
    yield "# HELP getmesh_ca_status_gaps Things that could not be looked at."
    yield "# TYPE getmesh_ca_status_gaps gauge"
    yield f"getmesh_ca_status_gaps {len(status.gaps)}"


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
