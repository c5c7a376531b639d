"""A PostgreSQL of its own for the tests, on a socket in a folder of theirs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from tests.giving_up import give_up
from tests.waiting import PATIENCE, until

__all__ = ["database", "empty"]

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


def empty(url: str) -> None:
    """Take everything out of a database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")  # as a new database has it


def find_programs() -> Path:
    """Find the newest installation; Debian keeps its programs off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=version)
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        give_up("PostgreSQL is not installed: apt-get install postgresql")
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
            wait_for(program.with_name("pg_isready"), folder, process)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)
            Path(log.name).unlink()


def wait_for(is_ready: Path, folder: Path, process: subprocess.Popen[bytes]) -> None:
    def takes_connections() -> bool:
        assert process.poll() is None, "PostgreSQL does not start"
        return subprocess.run([is_ready, "-q", "-h", folder], check=False).returncode == 0  # noqa: S603

    until(takes_connections, "PostgreSQL does not start")
