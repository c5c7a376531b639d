"""What the issuer says of itself (RFC 8414)."""

from __future__ import annotations

from typing import Any

from trunkline.auth.dpop import PROOF_ALGORITHMS
from trunkline.auth.jose import ALGORITHMS

__all__ = ["ENDPOINTS", "metadata"]

ENDPOINTS = {
    "token_endpoint": "/token",
    "introspection_endpoint": "/introspect",
    "revocation_endpoint": "/revoke",
}
_METHODS = [
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]


def metadata(issuer: str, mtls_url: str | None) -> dict[str, Any]:
    """Return the metadata; ``mtls_url`` is where the endpoints ask for certificates, if apart."""
    base = issuer.rstrip("/")
    found: dict[str, Any] = {
        "issuer": issuer,
        "jwks_uri": f"{base}/jwks",
        # Required, though zero elements should be left out (§2, §3.2): clients insist on it.
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "dpop_signing_alg_values_supported": list(PROOF_ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": True,
    }
    for name, path in ENDPOINTS.items():
        found[name] = base + path
        found[f"{name}_auth_methods_supported"] = _METHODS
        found[f"{name}_auth_signing_alg_values_supported"] = list(ALGORITHMS)
    if mtls_url:
        aliases = {name: mtls_url.rstrip("/") + path for name, path in ENDPOINTS.items()}
        found["mtls_endpoint_aliases"] = aliases
    return found
