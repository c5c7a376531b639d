"""A real nginx or a real Varnish in front of a server, with a recipe of the documentation."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from benchmarks.load import free_port
from tests.waiting import PATIENCE, until

__all__ = ["nginx", "varnish"]

_NGINX = """
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
    include {folder}/http.conf;
}}
"""


@contextmanager
def nginx(folder: Path, http: str) -> Generator[int]:
    """Start nginx with a configuration whose server listens at 8090; give the port instead of that.

    ``access.log`` in the folder is written in nginx's own format.
    """
    port = free_port()
    user = "user root;" if os.getuid() == 0 else ""  # its workers read the test's own folder
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user), encoding="utf-8")
    (folder / "http.conf").write_text(http.replace("8090", str(port)), encoding="utf-8")
    command = ["-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    with _running(_program("nginx", "nginx-light"), command, port):
        yield port


@contextmanager
def varnish(folder: Path, recipe: str) -> Generator[int]:
    """Start Varnish with a VCL, and give its port."""
    port = free_port()
    (folder / "recipe.vcl").write_text(recipe, encoding="utf-8")
    options = ["-a", f"127.0.0.1:{port}", "-f", f"{folder}/recipe.vcl", "-s", "default,64m"]
    command = ["-F", "-j", "none", "-n", f"{folder}/work", *options]
    with _running(_program("varnishd", "varnish varnish-modules"), command, port):
        yield port


def _program(name: str, packages: str) -> str:
    """Find a program; without it the test is left out, or fails in CI."""
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        message = f"{name} is not installed: apt-get install {packages}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return str(program)


@contextmanager
def _running(program: str, options: Sequence[str], port: int) -> Generator[None]:
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as process:  # noqa: S603

        def accepts() -> bool:
            assert process.poll() is None, f"{program} stopped; see above"
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
            return False

        try:
            until(accepts, f"{program} does not start")
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)
