"""The peers in Python, each an ASGI application or made of the same data."""
