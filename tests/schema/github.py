"""GitHub's schema as GitHub publishes it: 1,636 types that nobody wrote for a test."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path

from benchmarks.large_schema import made_valid
from tests.giving_up import give_up
from tools.build_playground import python_node, system_node

__all__ = ["github_schema"]

_PACKAGE = "@octokit/graphql-schema@15.26.1"
_SHA256 = "053e74249dafce2118fd9b7ae499b067d57c5f910c57745699ac45108bc68d1e"
_CACHE = Path(__file__).parents[2] / ".cache" / "github"


@cache
def github_schema() -> Path:
    """Return the file of the schema, fetched with npm the first time, and made valid.

    Where it cannot be had the tests are skipped, or fail in CI.
    """
    path = _CACHE / "schema.graphql"
    if not path.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as temporary:
            archive = _download(Path(temporary))
            digest = sha256(archive.read_bytes()).hexdigest()
            assert digest == _SHA256, f"{archive.name} is not the one that was published"
            with tarfile.open(archive) as opened:
                opened.extractall(temporary, filter="data")
            published = Path(temporary) / "package" / "schema.graphql"
            published.write_text(made_valid(published.read_text("utf-8")), encoding="utf-8")
            published.rename(path)
    return path


def _download(folder: Path) -> Path:
    node = system_node() or python_node()
    if node is None:
        give_up("There is no Node that fits.")
    command = [*node.npm, "pack", "--silent", "--pack-destination", str(folder), _PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        give_up(f"npm could not fetch {_PACKAGE}: {done.stderr}")
    (archive,) = folder.glob("*.tgz")
    return archive
