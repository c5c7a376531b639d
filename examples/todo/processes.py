"""The demo's servers: ports, and waiting until they respond."""

import os
import socket
import subprocess
import sys
import time
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

HOST = "127.0.0.1"
PATIENCE = 30  # seconds until a server must respond


def read_port(name: str, default: int, remedy: str) -> int:
    """Read a port from the environment, and stop with one sentence if it cannot be used."""
    text = os.environ.get(name, str(default))
    if not (text.isdigit() and 0 < int(text) < 1 << 16):
        sys.exit(f"{name} is {text!r}; it must be a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            sys.exit(f"Port {text} cannot be used ({error.strerror}). Try {remedy}.")
    return int(text)


def wait_until_it_responds(what: str, server: subprocess.Popen[bytes], url: str) -> None:
    """Send requests until there is a response, also an error; else stop with one sentence."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"{what} stopped with exit code {server.returncode}; see above.")
        try:
            with urlopen(url, timeout=PATIENCE):
                return
        except HTTPError as error:
            error.close()
            return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    sys.exit(f"{what} did not respond within {PATIENCE} s.")
