"""Programs of others: an issuer, and a verifier."""
