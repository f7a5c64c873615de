"""A CA from loose certificates: PEM in any order, perhaps with a key, or one in DER."""

from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.errors import InputError


def from_pem(text: bytes, source: str) -> Bundle:
    """Sort the blocks of a text into the parts of a CA: the certificate that issued no other one signs.

    Raises:
        InputError: it holds no certificate.
    """
    found = list(dict.fromkeys(pem.certificates(text)))
    if not found:
        raise InputError(f"{source} holds no certificate that can be read")
    key = next((block.text for block in pem.blocks(text) if block.label.endswith("PRIVATE KEY")), b"")
    crl = b"".join(block.text for block in pem.blocks(text) if block.label == "X509 CRL")
    issuers = [one for one in found if any(other != one and pem.is_issued_by(other, one) for other in found)]
    signer = next((one for one in found if one not in issuers), found[0])
    roots = [one for one in found if pem.is_self_signed(one)]
    chain = [signer, *(one for one in found if one not in roots and one != signer)]
    return Bundle(pem.encode([signer]), key, pem.encode(chain), pem.encode(roots), crl)


def from_der(data: bytes, source: str) -> Bundle:
    """Give the CA of a single certificate.

    Raises:
        InputError: it is none.
    """
    try:
        certificate = x509.load_der_x509_certificate(data)
    except ValueError:
        raise InputError(
            f"{source} is neither text nor a certificate",
            hint="PKCS#12 and PKCS#7 have to be unpacked: openssl pkcs12.",
        ) from None
    return from_pem(pem.encode([certificate]), source)
