"""Whether a workload's certificate stands on given roots, judged as Istio's own certificates allow.

Their leaves carry no authority key identifier, which the usual policy of the library demands; so extensions are left
to the lints, and here signatures, dates and names of issuers count.
"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509 import verification as v


def verifies(
    leaf: x509.Certificate, between: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], when: datetime
) -> str:
    """Say why a chain does not hold at a moment; ``""`` if it does."""
    if not roots:
        return "no root"
    authorities = v.ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, v.Criticality.AGNOSTIC, None)
    leaves = v.ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, v.Criticality.AGNOSTIC, None)
    builder = v.PolicyBuilder().store(v.Store(list(roots))).time(when)
    builder = builder.extension_policies(ca_policy=authorities, ee_policy=leaves)
    try:
        builder.build_client_verifier().verify(leaf, [one for one in between if one not in roots])
    except (v.VerificationError, ValueError) as error:
        return str(error).removeprefix("validation failed: ")
    return ""
