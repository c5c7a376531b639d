"""A real nginx in front of a server, with the access log that it has by default."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from benchmarks.load import free_port
from tests.waiting import PATIENCE, until

__all__ = ["nginx"]

_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            {location}
        }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, upstream: int, *, http: str = "", location: str = "") -> Generator[int]:
    """Start nginx before a port of this machine, and give its own port.

    ``access.log`` in the folder is written in nginx's own format. Without nginx the test is left
    out, or fails in CI.
    """
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        message = "nginx is not installed: apt-get install nginx-light"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    port = free_port()
    user = "user root;" if os.getuid() == 0 else ""
    values = {"folder": folder, "port": port, "upstream": upstream, "user": user}
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(**values, http=http, location=location))
    command = [str(program), "-c", str(configuration), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as process:  # noqa: S603

        def answers() -> bool:
            assert process.poll() is None, (folder / "error.log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
            return False

        try:
            until(answers, "nginx does not start")
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)
