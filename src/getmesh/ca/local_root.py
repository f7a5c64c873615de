"""A root of one's own: an encrypted key, its certificate, and a log of what it issued, in a private folder."""

import json
import os
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from getmesh.ca import pem
from getmesh.ca.files import append_private, read_file, write_private
from getmesh.ca.keys import PrivateKey, family, load_private, private_pem, signing_hash
from getmesh.ca.subject import Subject, ca_key_usage
from getmesh.errors import StorageError, UsageError

CERTIFICATE: Final = "root-cert.pem"
KEY: Final = "root-key.pem"
LOG: Final = "issued.jsonl"
_BACKDATED: Final = timedelta(hours=1)
_SHORTEST_PASSPHRASE: Final = 8


@dataclass(frozen=True, slots=True)
class LocalRoot:
    """A folder with a root in it."""

    folder: Path

    def certificate(self) -> x509.Certificate:
        """Give the root's certificate.

        Raises:
            StorageError: there is none.
        """
        path = self.folder / CERTIFICATE
        if not path.exists():
            raise StorageError(f"{self.folder} holds no root", hint=f"Make one: getmesh ca init {self.folder}")
        found = pem.certificates(read_file(str(path), "root"))
        if not found:
            raise StorageError(f"{path} holds no certificate")
        return found[0]

    def key(self, passphrase: bytes) -> PrivateKey:
        """Unlock the root's key.

        Raises:
            StorageError: it cannot be read, or others may read it.
            InputError: the passphrase is wrong.
        """
        path = self.folder / KEY
        text = read_file(str(path), "root key")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise StorageError(f"{path} can be read by others", hint=f"Mend it: chmod 600 {path}")
        return load_private(text, passphrase, str(path))

    def sign(self, csr_pem: bytes, passphrase: bytes, days: int, now: datetime) -> x509.Certificate:
        """Sign an intermediate CA of path length 0 and write it into the log; it ends no later than the root.

        Raises:
            StorageError: root or log cannot be used.
            InputError: the passphrase is wrong.
        """
        root, key = self.certificate(), self.key(passphrase)
        csr = x509.load_pem_x509_csr(csr_pem)
        end = min(now + timedelta(days=days), root.not_valid_after_utc)
        builder = _builder(csr.subject, root.subject, csr.public_key(), now, end, 0)
        try:
            names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            builder = builder.add_extension(names.value, critical=names.critical)
        except x509.ExtensionNotFound:
            pass
        ski = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
        certificate = builder.add_extension(above, critical=False).sign(key, signing_hash(key))
        self._log(certificate, now)
        return certificate

    def _log(self, certificate: x509.Certificate, now: datetime) -> None:
        entry = {
            "time": now.isoformat(timespec="seconds"),
            "serial": f"{certificate.serial_number:x}",
            "subject": pem.name_text(certificate.subject),
            "sha256": pem.fingerprint(certificate),
            "notAfter": certificate.not_valid_after_utc.isoformat(),
        }
        append_private(self.folder / LOG, json.dumps(entry, ensure_ascii=False).encode())


def create_root(
    folder: Path, subject: Subject, passphrase: bytes, now: datetime, *, key_family: str = "p-384", days: int = 3650
) -> LocalRoot:
    """Make a root of path length 1 in a folder that only its owner may enter.

    Raises:
        UsageError: there is a root already, or the passphrase is too short.
        StorageError: the folder cannot be used.
    """
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        raise UsageError(f"the passphrase has fewer than {_SHORTEST_PASSPHRASE} characters")
    held = [name for name in (KEY, CERTIFICATE) if (folder / name).exists()]
    if len(held) == 1:
        raise UsageError(
            f"{folder} holds half a root, {held[0]} alone, as an interrupted run leaves it",
            hint=f"If the other half is nowhere, nothing was issued by it: remove {folder / held[0]} and run again.",
        )
    if held:
        raise UsageError(f"{folder} holds a root already", hint="Take another folder; a root is never overwritten.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid == os.getuid():
            folder.chmod(0o700)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from error
    key = family(key_family).generate()
    name = subject.name()
    builder = _builder(name, name, key.public_key(), now, now + timedelta(days=days), 1)
    certificate = builder.sign(key, signing_hash(key))
    write_private(folder / KEY, private_pem(key, passphrase))
    try:
        write_private(folder / CERTIFICATE, pem.encode([certificate]))
    except StorageError:
        (folder / KEY).unlink()  # made a moment ago, and of no use to anybody
        raise
    return LocalRoot(folder)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: CertificatePublicKeyTypes,
    now: datetime,
    end: datetime,
    length: int,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - _BACKDATED).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=length), critical=True)
    builder = builder.add_extension(ca_key_usage(), critical=True)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
