"""Programs of others: an issuer for our client, and clients for our issuer."""
