"""An API of Secrets that stops in the middle of a call, so that a caller can be killed at just that point."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from getmesh.errors import ClusterError
from tests.fakes.secrets_api import SecretsApi

_SECONDS = 60


class StoppingApi(SecretsApi):
    """Stops at one call: before it is carried out, or before it is answered; goes on when it is released."""

    def __init__(self, *namespaces: str) -> None:
        super().__init__(*namespaces)
        self._number: int | None = None
        self._carried_out = False
        self._stopped = threading.Event()
        self._released = threading.Event()

    def stop_at(self, number: int, *, carried_out: bool) -> None:
        """Stop at a call, counted from now."""
        self._number, self._carried_out = len(self.calls) + number, carried_out
        self._stopped.clear()
        self._released.clear()

    def wait_until_stopped(self, seconds: float) -> bool:
        """Whether the call came within that time."""
        return self._stopped.wait(seconds)

    def release(self) -> None:
        """Go on; the call that waits is cut off, and none stops any more."""
        self._number = None
        self._released.set()

    def _call(self, method: str, path: str, answer: Callable[[], Any]) -> bytes:
        mine = self._number == len(self.calls)
        if not mine:
            return super()._call(method, path, answer)
        if self._carried_out:
            with suppress(ClusterError):
                super()._call(method, path, answer)
        else:
            self.calls.append((method, path))
        self._stopped.set()
        self._released.wait(_SECONDS)
        raise ClusterError("the caller is dead by now")
