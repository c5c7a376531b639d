"""A real nginx or a real Varnish in front of a server, with a recipe of the documentation."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.load import free_port
from tests.giving_up import program
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
    with _running("nginx", "nginx-light", command, port):
        yield port


@contextmanager
def varnish(folder: Path, recipe: str) -> Generator[int]:
    """Start Varnish with a VCL, and give its port."""
    port = free_port()
    (folder / "recipe.vcl").write_text(recipe, encoding="utf-8")
    options = ["-a", f"127.0.0.1:{port}", "-f", f"{folder}/recipe.vcl", "-s", "default,64m"]
    command = ["-F", "-j", "none", "-n", f"{folder}/work", *options]
    with _running("varnishd", "varnish varnish-modules", command, port):
        yield port


@contextmanager
def _running(name: str, package: str, options: Sequence[str], port: int) -> Generator[None]:
    command = program(name, package=package, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    with subprocess.Popen([command, *options], stdout=subprocess.DEVNULL) as process:  # noqa: S603

        def accepts() -> bool:
            assert process.poll() is None, f"{name} stopped; see above"
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
            return False

        try:
            until(accepts, f"{name} does not start")
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)
