"""Start the API server, run the web app's calls against it, and keep serving until Ctrl-C.

Environment: ``PORT`` (8080), ``ONCE=1`` to stop after the calls, ``DATABASE_URL``, ``SERVER``
(``uvicorn`` or ``granian``).
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from todo.web_app.calls import make_calls

HOST = "127.0.0.1"
APP = "todo.api_server.app:app_from_environment"
PATIENCE = 30  # seconds until the server must answer

COMMANDS = {
    "uvicorn": ["--factory", "--host", HOST, "--no-access-log", "--log-level", "warning"],
    "granian": ["--factory", "--host", HOST, "--interface", "asgi", "--no-log"],
}


def main() -> None:
    """Run the demo."""
    port = read_port()
    with api_server(port) as server:
        make_calls(f"http://{HOST}:{port}/graphql")
        if os.environ.get("ONCE") != "1":
            announce(port)
            server.wait()


def read_port() -> int:
    """Read ``PORT``, and stop with one sentence if it cannot be used."""
    text = os.environ.get("PORT", "8080")
    if not (text.isdigit() and 0 < int(text) < 1 << 16):
        sys.exit(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            sys.exit(f"Port {text} cannot be used ({error.strerror}). Try PORT=9000 make demo.")
    return int(text)


@contextmanager
def api_server(port: int) -> Generator[subprocess.Popen[bytes]]:
    """Run the API server as a process of its own, as long as the ``with`` statement lasts."""
    name = os.environ.get("SERVER", "uvicorn")
    if name not in COMMANDS:
        sys.exit(f"SERVER is {name!r}; it must be one of {', '.join(COMMANDS)}.")
    command = [sys.executable, "-m", name, *COMMANDS[name], "--port", str(port), APP]
    with subprocess.Popen(command, env={**os.environ, "PLAYGROUND": "1"}) as server:
        try:
            wait_until_it_answers(server, port)
            yield server
        except KeyboardInterrupt:
            print()
        finally:
            server.terminate()


def wait_until_it_answers(server: subprocess.Popen[bytes], port: int) -> None:
    """Ask until there is an answer; stop with one sentence if there never is."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit(f"The API server stopped with exit code {server.returncode}; see above.")
        try:
            with urlopen(f"http://{HOST}:{port}/api/todos", timeout=PATIENCE):
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    sys.exit(f"The API server did not answer within {PATIENCE} s.")


def announce(port: int) -> None:
    """Say what is served where."""
    base = f"http://localhost:{port}"
    print(
        f"""The API server is up:
  GraphQL     {base}/graphql
  Playground  {base}/playground
  REST        {base}/api/todos
Ctrl-C stops it.
""",
        flush=True,
    )


if __name__ == "__main__":
    main()
