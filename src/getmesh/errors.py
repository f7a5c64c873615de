"""Every exception that getmesh raises on purpose.

::

    GetmeshError                 has a message, an optional hint, and an exit code
    ├── UsageError           2   the call is wrong: option, argument, code, name
    ├── InputError           2   a file or document cannot be used
    ├── PartialError         3   not everything could be looked at
    └── EnvironmentFailed    4   the world around us failed
        ├── NetworkError     4   a host could not be reached or answered badly
        ├── ClusterError     4   the Kubernetes API refused or failed
        ├── ProviderError    4   a certificate issuer refused or failed
        ├── StorageError     4   the home or an output file cannot be read or written
        └── TrustError       4   a checksum, signature or metadata does not hold

Anything else that escapes is a bug of ours (exit 70); the boundary in ``getmesh.cli.boundary`` says so.
"""

from typing import ClassVar


class GetmeshError(Exception):
    """A failure that the user can understand and mend.

    Args:
        message: what failed and where, lower case, without a final period.
        hint: how to mend it, one sentence; shown on a line of its own.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GetmeshError):
    """The command line or a configuration file asks for something that does not exist."""

    exit_code = 2


class InputError(GetmeshError):
    """A file or document that was named cannot be used."""

    exit_code = 2


class PartialError(GetmeshError):
    """Part of what was asked for could not be looked at."""

    exit_code = 3


class EnvironmentFailed(GetmeshError):  # noqa: N818 - reads as the exit-code table does
    """Network, cluster, disk or another program failed."""


class NetworkError(EnvironmentFailed):
    """A host could not be reached, or its answer is not what was asked for."""


class ClusterError(EnvironmentFailed):
    """The Kubernetes API refused, failed or ran out of time."""


class ProviderError(EnvironmentFailed):
    """A certificate issuer refused or failed."""


class StorageError(EnvironmentFailed):
    """A file of ours or an output file cannot be read or written."""


class TrustError(EnvironmentFailed):
    """A checksum, a signature or signed metadata does not hold."""
