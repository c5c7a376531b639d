"""graphql-core's sources as they were published: they have its tests, which the wheels have not."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

from tests.giving_up import give_up

__all__ = ["SDISTS", "unpacked"]

SDISTS = {
    "3.2.14": "efec124d951f2997e8f28bb9f056d0a3b4b11dce720e2225723ec20fac570af5",
    "3.3.2": "15d6eee7d4364fbc202833bc6bd0d504004d8ae7c0aaf620fa884d8e437622f2",
}
"""The SHA-256 of each version's archive."""

_CACHE = Path(__file__).parents[2] / ".cache" / "graphql-core"


def unpacked(version: str) -> Path:
    """Return the folder of a version's sources, fetched with pip the first time.

    Where they cannot be had the tests are skipped, or fail in CI.
    """
    folder = _CACHE / f"graphql_core-{version}"
    if not folder.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as temporary:
            archive = _download(version, Path(temporary))
            digest = sha256(archive.read_bytes()).hexdigest()
            assert digest == SDISTS[version], f"{archive.name} is not the one that was published"
            with tarfile.open(archive) as opened:
                opened.extractall(temporary, filter="data")
            (Path(temporary) / folder.name).rename(folder)
    return folder


def _download(version: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", "graphql-core", "--dest", str(folder), f"graphql-core=={version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        give_up(f"pip could not fetch the sources of graphql-core {version}:\n{done.stderr}")
    return folder / f"graphql_core-{version}.tar.gz"
