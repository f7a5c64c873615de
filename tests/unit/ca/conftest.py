"""What tests of issuers share."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Give a stack for servers, which end with the test."""
    with ExitStack() as opened:
        yield opened
