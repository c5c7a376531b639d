"""Certificates of clients: what a token is bound to, and whom they name (RFC 8705)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from trunkline.auth.jose import digest

__all__ = ["SUBJECT_KINDS", "chains_to", "names_subject", "read_certificate", "thumbprint"]

SUBJECT_KINDS = ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email")
"""The properties of a certificate that may name a client (RFC 8705 §2.1.2): exactly one of them."""


def thumbprint(der: bytes) -> str:
    """Return ``x5t#S256`` of a certificate (RFC 8705 §3.1)."""
    return digest(der)


def read_certificate(data: bytes) -> bytes:
    """Return the DER form of a certificate in PEM or DER; raises ``ValueError``."""
    if data.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    return x509.load_der_x509_certificate(data).public_bytes(Encoding.DER)


def names_subject(der: bytes, kind: str, value: str) -> bool:
    """Tell whether a certificate names a subject; addresses are compared as numbers (§2.1.2)."""
    certificate = x509.load_der_x509_certificate(der)
    if kind == "subject_dn":
        return certificate.subject == x509.Name.from_rfc4514_string(value)
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    names = extension.value
    if kind == "san_ip":
        return ip_address(value) in names.get_values_for_type(x509.IPAddress)
    if kind == "san_dns":
        return value.lower() in (name.lower() for name in names.get_values_for_type(x509.DNSName))
    if kind == "san_uri":
        return value in names.get_values_for_type(x509.UniformResourceIdentifier)
    return value in names.get_values_for_type(x509.RFC822Name)


def chains_to(der: bytes, authorities: Iterable[x509.Certificate]) -> bool:
    """Tell whether one of the authorities issued a client's certificate, and it is valid now."""
    trusted = list(authorities)
    if not trusted:
        return False
    leaf = ExtensionPolicy.webpki_defaults_ee().may_be_present(
        x509.SubjectAlternativeName, Criticality.AGNOSTIC, None
    )
    policy = ExtensionPolicy.webpki_defaults_ca()
    builder = PolicyBuilder().store(Store(trusted))
    verifier = builder.extension_policies(ca_policy=policy, ee_policy=leaf).build_client_verifier()
    try:
        verifier.verify(x509.load_der_x509_certificate(der), [])
    except VerificationError:
        return False
    return True
