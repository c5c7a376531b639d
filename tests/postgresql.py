"""A PostgreSQL of its own for the tests, on a socket in a folder of theirs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.waiting import PATIENCE, until

__all__ = ["database"]

USER = "postgres"  # PostgreSQL does not run as root


@contextmanager
def database() -> Generator[str]:
    """Start a server and give the URL of its database; without one, skip, or fail in CI."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="trunkline-postgresql-"))
    as_user = own(folder)
    try:
        run(programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", USER, "-N", **as_user)
        with server(programs / "postgres", folder, as_user):
            yield f"postgresql://{USER}@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder)


def find_programs() -> Path:
    """Find the newest installation; Debian keeps its programs off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=version)
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        message = "PostgreSQL is not installed: apt-get install postgresql"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return found[-1].parent if found else Path(str(on_path)).parent


def version(initdb: Path) -> int:
    return int(initdb.parts[-3])


def own(folder: Path) -> dict[str, int]:
    """As root, give the folder to PostgreSQL's user, who then runs it."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam(USER)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid}


def run(*command: str | Path, **as_user: int) -> None:
    done = subprocess.run(  # noqa: S603
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=as_user.get("user"),
        group=as_user.get("group"),
    )
    assert done.returncode == 0, done.stderr


@contextmanager
def server(program: Path, folder: Path, as_user: dict[str, int]) -> Generator[None]:
    options: list[str | Path] = [
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={folder}",
    ]
    options += ["-c", "fsync=off"]
    command: list[str | Path] = [program, "-D", folder / "data", *options]
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            command,
            stderr=log,
            stdout=log,
            cwd="/",
            user=as_user.get("user"),
            group=as_user.get("group"),
        )
        try:
            wait_for(folder / ".s.PGSQL.5432", process)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)
            Path(log.name).unlink()


def wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    def exists() -> bool:
        assert process.poll() is None, "PostgreSQL does not start"
        return socket.exists()

    until(exists, "PostgreSQL does not start")
    time.sleep(0.3)  # it may say "the database system is starting up" still
