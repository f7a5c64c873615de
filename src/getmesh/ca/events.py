"""A line in the cluster's own diary when the CA changes."""

import json
from contextlib import suppress
from datetime import datetime

from getmesh.ca import pem
from getmesh.ca.cacerts import NAME
from getmesh.ca.issuing import Done
from getmesh.ca.rotation import Step
from getmesh.ca.secrets import SecretStore
from getmesh.errors import ClusterError


def announce(store: SecretStore, done: Done, now: datetime) -> None:
    """Make an Event about a new CA; a right that is missing for it is no failure."""
    signer = done.bundle.signer
    what = pem.label(signer) if signer else "a CA"
    _post(store, "CAReplaced" if done.backup else "CACreated", _with_backup(f"{what} by getmesh", done.backup), now)


def announce_step(store: SecretStore, what: str, step: Step, now: datetime) -> None:
    """Make an Event about a step of a rotation; a right that is missing for it is no failure."""
    restarted = f"; restarting {', '.join(step.restarted)}" if step.restarted else ""
    _post(store, "CARotated", _with_backup(f"{what} by getmesh", step.backup) + restarted, now)


def _with_backup(text: str, backup: str) -> str:
    return text + (f"; before: {backup}" if backup else "")


def _post(store: SecretStore, reason: str, message: str, now: datetime) -> None:
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{NAME}-", "namespace": store.namespace},
        "involvedObject": {"apiVersion": "v1", "kind": "Secret", "name": NAME, "namespace": store.namespace},
        "reason": reason,
        "message": message,
        "type": "Normal",
        "source": {"component": "getmesh"},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
    with suppress(ClusterError):
        store.port.send("POST", f"/api/v1/namespaces/{store.namespace}/events", json.dumps(event).encode())
