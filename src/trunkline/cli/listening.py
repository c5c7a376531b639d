"""What commands that serve share: an address to listen at."""

from __future__ import annotations

import os
import socket

from trunkline.cli.reading import stop

__all__ = ["listen"]


def listen(host: str, port: int) -> socket.socket:
    """Listen at an address; end the command if that fails."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        stop(f"{host}:{port} cannot be used ({reason}). Give another --port.")
