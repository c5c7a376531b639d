"""ASGI without a framework: its types, reading requests, sending responses."""
