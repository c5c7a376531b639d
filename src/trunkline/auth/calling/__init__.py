"""The calling side of OAuth 2: tokens requested, kept, renewed and sent."""
