"""The verdict on a bundle: by the look of it, then by a handshake."""

from datetime import datetime

from getmesh.ca.bundle import Bundle
from getmesh.ca.handshake import prove
from getmesh.ca.lints import lint
from getmesh.ca.problems import Problem, errors
from getmesh.errors import ProviderError


def judge(bundle: Bundle, now: datetime) -> list[Problem]:
    """Give everything wrong with a bundle; the handshake comes last, and tells what no lint has a name for."""
    return lint(bundle, now) + prove(bundle, now)


def demand(bundle: Bundle, now: datetime, whose: str) -> list[Problem]:
    """Let a bundle pass and give its warnings.

    Raises:
        ProviderError: it would break the mesh.
    """
    found = judge(bundle, now)
    broken = errors(found)
    if broken:
        listed = "; ".join(problem.message for problem in broken)
        raise ProviderError(
            f"the CA from {whose} is not fit for Istio: {listed}",
            hint="Nothing was written. Mend the issuer's policy or template, then ask again.",
        )
    return [problem for problem in found if problem not in broken]
