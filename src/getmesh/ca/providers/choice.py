"""From an order's provider to its issuer; nothing of the other providers is loaded."""

from getmesh.ca.order import Order
from getmesh.ca.providers.issuer import Issuer, Passphrase


def open_issuer(order: Order, passphrase: Passphrase) -> Issuer:
    """Give the issuer of an order.

    Raises:
        UsageError: its settings do not fit, or its extra is not installed.
    """
    options = dict(order.options)
    match order.provider:
        case "aws":
            from getmesh.ca.providers.aws import AwsIssuer  # noqa: PLC0415 - only the provider in use

            return AwsIssuer(options)
        case "gcp":
            from getmesh.ca.providers.gcp import GcpIssuer  # noqa: PLC0415 - as above

            return GcpIssuer(options)
        case "vault":
            from getmesh.ca.providers.vault import VaultIssuer  # noqa: PLC0415 - as above

            return VaultIssuer(options)
        case "csr":
            from getmesh.ca.providers.csr import CsrIssuer  # noqa: PLC0415 - as above

            return CsrIssuer(options)
        case _:
            from getmesh.ca.providers.local import LocalIssuer  # noqa: PLC0415 - as above

            return LocalIssuer(options, passphrase)
