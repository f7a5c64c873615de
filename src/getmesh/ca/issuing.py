"""From an order to a CA in the cluster, in the one order that loses nothing.

Everything that can be known for free is known before a key exists; nothing is paid before that, and nothing is written
before the CA has proved itself.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml
from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, assemble, from_data
from getmesh.ca.cacerts import NAME, NEXT, CaSecret, is_plugged_in, notes
from getmesh.ca.encryption import check_recipients, encrypt
from getmesh.ca.files import append_private, check_target, write_private
from getmesh.ca.fitness import demand
from getmesh.ca.keys import PrivateKey, family, private_pem, public_pem
from getmesh.ca.order import Order
from getmesh.ca.providers.issuer import Issuer, Request, Terms
from getmesh.ca.secrets import FORBIDDEN, Secret, SecretStore, manifest
from getmesh.ca.subject import make_csr
from getmesh.errors import ClusterError, GetmeshError, InputError, StorageError, UsageError
from getmesh.ports.clock import Clock
from getmesh.ports.cluster import ClusterRefused

SELF_SIGNED = "istio-ca-secret"
_CLOCKS_APART = 60.0
_NAMESPACE = uuid.UUID("6f1d0a52-6d0c-5c0b-9b7a-3f1a9f2f7a10")


@dataclass(frozen=True, slots=True)
class Options:
    """How an order is carried out.

    Attributes:
        force: an existing output file may be replaced.
        recipients: age recipients of the output file, none for plain.
        replace_root: workloads may stop trusting each other: the root may change in one step.
        rescue: file for a CA that is issued and then cannot be put in place, ``""`` to let it be lost.
    """

    force: bool = False
    recipients: Sequence[str] = ()
    replace_root: bool = False
    rescue: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """An order that passed every check.

    Attributes:
        terms: what the issuer will do.
        existing: the Secret to be replaced, None if there is none or no cluster is involved.
        warnings: what the user should know before it is carried out.
    """

    terms: Terms
    existing: Secret | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """A CA that is in place.

    Attributes:
        bundle: the CA.
        reference: the issuer's name for the certificate.
        warnings: what is not as it should be.
        backup: name of the Secret that holds what was there before, ``""`` for none.
        request: the id under which the issuer was asked, see `token_of`.
    """

    bundle: Bundle
    reference: str
    warnings: tuple[str, ...]
    backup: str = ""
    request: str = ""


class Issuing:
    """Carries out one order.

    Args:
        order: what is wanted.
        issuer: who issues.
        secret: where it goes in the cluster, None if it does not.
        clock: tells the time.
        options: how.
    """

    def __init__(self, order: Order, issuer: Issuer, secret: CaSecret | None, clock: Clock, options: Options) -> None:
        self._order = order
        self._issuer = issuer
        self._secret = secret
        self._clock = clock
        self._options = options

    def preflight(self) -> Ready:
        """Check rights, the existing Secret, the output file and the issuer; change nothing, anywhere.

        Raises:
            GetmeshError: something would fail later.
        """
        files = [file for file in (self._order.file, self._options.rescue) if file]
        for file in files:
            check_target(Path(file), force=self._options.force)
        if self._options.recipients and not files:
            raise UsageError(
                "there is no file to encrypt",
                hint="Name one with --secret-file-path or --rescue-file, or encrypt none.",
            )
        check_recipients(self._options.recipients)
        existing, warnings = self._look_at_cluster() if self._secret else (None, [])
        terms = self._issuer.preflight(self._order.wish, self._now())
        if existing is not None and terms.roots:
            self._demand_known_root(existing, terms.roots)
        return Ready(terms, existing, (*self._order.warnings, *warnings, *terms.warnings))

    def issue(self, ready: Ready, key: PrivateKey | None = None) -> Done:
        """Make the key if none is given, have it signed, and prove the result; nothing is written.

        Raises:
            GetmeshError: the issuer failed, or what it gave is not fit.
        """
        key = key or family(self._order.wish.family).generate()
        csr = make_csr(self._order.wish.subject, key)
        request = Request(csr, public_pem(key), self._order.wish, token_of(csr, ready.terms.reference))
        issued = self._issuer.issue(request)
        roots = issued.roots or ([] if any(map(pem.is_self_signed, issued.others)) else list(ready.terms.roots))
        self._wait_for(issued.certificate)
        bundle = assemble(issued.certificate, private_pem(key), issued.others, roots)
        found = demand(bundle, self._now(), self._order.provider)
        warnings = (*issued.warnings, *(problem.message for problem in found))
        if ready.existing is not None:
            self._demand_known_root(ready.existing, tuple(bundle.roots))
        return Done(bundle, issued.reference, warnings, request=request.token)

    def write(self, ready: Ready, done: Done) -> Done:
        """Back up what is there, then put the CA in its place.

        Raises:
            GetmeshError: it could not be written; what was there is still there. The message says whether the CA, and
                with it what was paid, is lost.
        """
        annotations = self._notes(done, ready.existing)
        backup = ""
        try:
            if self._secret is not None:
                bundle = self._keeping_roots(done.bundle, ready.existing)
                backup = self._secret.write(bundle, ready.existing, annotations, self._now())
            if self._order.file:
                self._to_file(done.bundle, annotations, self._order.file)
        except GetmeshError as error:
            raise self.unwritten(error, done) from error
        return replace(done, backup=backup)

    def unwritten(self, error: GetmeshError, done: Done, command: str = "getmesh ca restore") -> GetmeshError:
        """Give the error of a CA that is issued but not in place; keep it where, and only where, that was asked for.

        Args:
            error: why it is not in place.
            done: the CA.
            command: what brings it in from a file, whose name follows.
        """
        kind = ClusterError if self._order.to_secret else StorageError
        if self._order.provider == "csr":
            return kind(error.message, hint=error.hint or "Key and signed chain are where they were: run it again.")
        message, file = error.message, self._options.rescue
        if file:
            try:
                self._to_file(done.bundle, self._notes(done, None), file)
            except GetmeshError as second:
                message = f"{message}; nor could it be kept: {second.message}"
            else:
                identity = " --identity FILE" if self._options.recipients else ""
                return kind(
                    f"{message}; the CA that was issued is in {file}",
                    hint=f"When that is mended: {command} {file}{identity}",
                )
        return kind(
            f"{message}; the key of the CA that was issued ({done.reference}) was in memory only and is gone",
            hint=f"{error.hint} A new run has another one issued; with --rescue-file FILE it would be kept.".strip(),
        )

    def _notes(self, done: Done, existing: Secret | None) -> dict[str, str]:
        facts = {"provider": self._order.provider, "provider-ref": done.reference, "request-id": done.request}
        return notes(done.bundle, existing, **facts)

    def _to_file(self, bundle: Bundle, annotations: dict[str, str], file: str) -> None:
        secret = Secret(NAME, bundle.data(), annotations=annotations)
        text = yaml.safe_dump(manifest(secret, self._order.namespace), sort_keys=False).encode()
        data = encrypt(text, self._options.recipients) if self._options.recipients else text
        write_private(Path(file), data, force=self._options.force)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def _wait_for(self, certificate: x509.Certificate) -> None:
        """Let a few seconds pass if the issuer's clock is ahead of ours."""
        ahead = (certificate.not_valid_before_utc - self._now()).total_seconds()
        if 0 < ahead <= _CLOCKS_APART:
            self._clock.sleep(ahead + 1)

    def _look_at_cluster(self) -> tuple[Secret | None, list[str]]:
        if self._secret is None:
            return None, []
        self._secret.store.demand_namespace()
        warnings = self._demand_no_rotation(self._secret.store)
        existing = self._secret.read()
        if existing is not None and is_plugged_in(existing) and not self._order.override:
            raise UsageError(
                f"Secret {NAME} exists in {self._order.namespace}",
                hint="Add --override-existing-ca-cert-secret to replace it; it is backed up first.",
            )
        self._secret.check(existing)
        self._secret.rehearse(existing)
        try:
            if existing is None and self._secret.store.get(SELF_SIGNED) is not None:
                warnings.append(
                    "this mesh signs with a root of its own; workloads stop trusting each other until all of them are "
                    "restarted. 'getmesh ca rotate' gets there without that"
                )
        except ClusterError:
            warnings.append(f"could not look whether the mesh has a CA of its own ({SELF_SIGNED})")
        return existing, warnings

    def _demand_no_rotation(self, store: SecretStore) -> list[str]:
        """See that no rotation is under way; give a warning if that may not be looked at."""
        try:
            begun = store.get(NEXT) is not None
        except ClusterRefused as error:
            if error.status != FORBIDDEN:
                raise
            return [f"could not look whether a rotation is under way (Secret {NEXT})"]
        if begun:
            raise UsageError(
                f"a rotation is under way in {store.namespace} (Secret {NEXT}), so the CA is not replaced",
                hint="Go on with 'getmesh ca rotate', or undo it with --back; --plan says where it stands.",
            )
        return []

    def _demand_known_root(self, existing: Secret, roots: tuple[x509.Certificate, ...]) -> None:
        if self._options.replace_root:
            return
        try:
            anchor = from_data(existing.data).anchor
        except InputError:
            return
        if anchor is not None and anchor not in roots:
            raise UsageError(
                f"the new CA has another root than the present one ({pem.label(anchor)}), which everybody trusts",
                hint="Go in stages with 'getmesh ca rotate', or add --replace-root and accept that traffic breaks.",
            )

    def _keeping_roots(self, bundle: Bundle, existing: Secret | None) -> Bundle:
        """Keep the bytes of the trusted roots if the new root is among them: istiod takes the new CA at once then."""
        if existing is None or self._options.replace_root:
            return bundle
        try:
            before = from_data(existing.data)
        except InputError:
            return bundle
        return bundle.with_root(before.root) if bundle.roots[0] in before.roots else bundle


def token_of(csr: bytes, reference: str) -> str:
    """Give the UUID of a request to an issuer: the same for the same, so that a repeated call is one call."""
    return str(uuid.uuid5(_NAMESPACE, f"{reference} {hashlib.sha256(csr).hexdigest()}"))


def log_issue(path: Path, order: Order, done: Done, now: datetime, *, written: bool = True) -> None:
    """Add a line about an issued CA to the private log, whether it was put in place or not; no keys.

    Raises:
        StorageError: it cannot be written.
    """
    signer = done.bundle.signer
    entry = {
        "time": now.isoformat(timespec="seconds"),
        "provider": order.provider,
        "reference": done.reference,
        "request": done.request,
        "namespace": order.namespace if order.to_secret else "",
        "file": order.file,
        "sha256": pem.fingerprint(signer) if signer else "",
        "notAfter": signer.not_valid_after_utc.isoformat() if signer else "",
        "backup": done.backup,
        "written": written,
    }
    append_private(path, json.dumps(entry, ensure_ascii=False).encode())
