"""The local provider: a root of one's own signs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from getmesh.ca import pem
from getmesh.ca.local_root import LocalRoot
from getmesh.ca.order import Wish
from getmesh.ca.providers.issuer import Issued, Passphrase, Request, Terms, demand_fitting_issuer
from getmesh.errors import UsageError


class LocalIssuer:
    """Signs with the root of a folder.

    Args:
        options: ``rootDir``.
        passphrase: asked once, when something is signed.
    """

    name = "local"

    def __init__(self, options: dict[str, Any], passphrase: Passphrase) -> None:
        if not options.get("rootDir"):
            raise UsageError(
                "the local provider needs the folder of its root",
                hint="Make one with 'getmesh ca init DIR' and set providerConfig.local.rootDir or --root-dir.",
            )
        self._root = LocalRoot(Path(str(options["rootDir"])).expanduser())
        self._passphrase = passphrase

    def preflight(self, wish: Wish, now: datetime) -> Terms:
        """Look at the root's certificate; unlock its key, since nothing should fail later."""
        certificate = self._root.certificate()
        warnings = demand_fitting_issuer(certificate, wish, now)
        self._root.key(self._passphrase("the root's key"))
        facts = (f"root {pem.label(certificate)}, until {certificate.not_valid_after_utc:%Y-%m-%d}",)
        return Terms(str(self._root.folder), certificate, facts, warnings, (certificate,))

    def issue(self, request: Request) -> Issued:
        """Sign."""
        now = datetime.now(UTC)
        certificate = self._root.sign(request.csr, self._passphrase("the root's key"), request.wish.days, now)
        root = self._root.certificate()
        return Issued(certificate, [root], [root], f"serial {certificate.serial_number:x}")
