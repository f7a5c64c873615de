"""What was looked at around an installation, as a list for people."""

from typing import Literal

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One line of the list.

    Attributes:
        state: ``ok``, ``warn``, ``fail`` (stops the installation) or ``unknown``.
        text: what was found.
    """

    state: Literal["ok", "warn", "fail", "unknown"]
    text: str
