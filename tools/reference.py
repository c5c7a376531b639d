"""Write docs/reference: every public name, from the docstrings, one page for each public door.

    python tools/reference.py           write the pages
    python tools/reference.py --check   exit with 1 where a page is not what would be written

griffe2md reads the source without importing it, and follows what each door's ``__all__`` names.
ruff breaks the lines of long signatures.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import cast

from griffe import GriffeLoader, Module
from griffe2md import (  # type: ignore[import-untyped]  # it has no py.typed
    ConfigDict,
    render_object_docs,
)

__all__ = ["DOORS", "FOLDER", "pages"]

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
WIDTH = 88

DOORS = {
    "trunkline": "the client's two names, and the errors",
    "trunkline.auth": "OAuth 2: credentials of a calling program, and the verifier of tokens",
    "trunkline.client": "the client",
    "trunkline.client.generated": "what generated clients stand on",
    "trunkline.client.transports": "what carries the client's bytes",
    "trunkline.console": "the pages that show what was counted",
    "trunkline.contrib.opentelemetry": "spans of resolvers and metrics, for OpenTelemetry",
    "trunkline.contrib.prometheus": "metrics for Prometheus",
    "trunkline.contrib.relay": "pages of lists, with Relay's cursors",
    "trunkline.contrib.sqlalchemy": "SQLAlchemy: sessions, relations in batches, pages, health",
    "trunkline.contracts": "the documents that clients register",
    "trunkline.engine": "compiling and executing without a server",
    "trunkline.generate": "plugins of the generator, and the plan that they change",
    "trunkline.issuer": "OAuth 2: the authorization server",
    "trunkline.mocking": "plausible data, for tests and as a server",
    "trunkline.server": "the endpoint, and what a program needs to set it up",
}
"""The public doors: the modules whose ``__all__`` is a promise."""

_CONFIGURATION = ConfigDict(
    docstring_style=None,
    filters=["!^_"],
    members_order="alphabetical",
    merge_init_into_class=True,
    separate_signature=True,
    show_if_no_docstring=False,
    show_object_full_path=False,
    show_root_members_full_path=False,
    show_signature_annotations=True,
    show_submodules=False,
    signature_crossrefs=False,
    summary=False,
)


def pages() -> dict[str, str]:
    """Return the text of each page by its file's name."""
    index = "".join(f"- [`{door}`]({door}.md): {subject}\n" for door, subject in DOORS.items())
    head = "# Reference\n\nThe public names, by the module that they are imported from.\n\n"
    loader = GriffeLoader(search_paths=[ROOT / "src"])
    package = loader.load("trunkline")
    loader.resolve_aliases(implicit=False, external=False)
    made = {"README.md": head + index}
    for door in DOORS:
        _, _, path = door.partition(".")
        module = package[path] if path else package
        text = render_object_docs(cast("Module", module), _CONFIGURATION)
        # links to names of other modules lead nowhere: griffe2md knows anchors only
        text = re.sub(r"\[([^\[\]]+)\]\(#[^)]*\)", r"\1", text)
        made[f"{door}.md"] = re.sub(r"```python\n(\w+\(.*)\n```", _broken, text)
    return made


def _broken(signature: re.Match[str]) -> str:
    """Break the line of a signature as ruff does."""
    if len(signature[1]) <= WIDTH:
        return signature[0]
    ruff = [sys.executable, "-m", "ruff", "format", "--line-length", str(WIDTH), "-"]
    done = subprocess.run(  # noqa: S603  # a tool of this project, on its own source
        ruff, input=f"def {signature[1]}: ...", text=True, capture_output=True, check=True
    )
    text = done.stdout.removeprefix("def ").rstrip().removesuffix(": ...")
    return f"```python\n{text}\n```"


def main() -> int:
    """Write the pages, or compare them."""
    made = pages()
    if "--check" in sys.argv[1:]:
        wrong = [
            name
            for name in {*made, *(path.name for path in FOLDER.glob("*"))}
            if not (FOLDER / name).is_file()
            or (FOLDER / name).read_text(encoding="utf-8") != made.get(name)
        ]
        for name in sorted(wrong):
            print(f"docs/reference/{name} is not up to date: run python tools/reference.py")
        return 1 if wrong else 0
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*"):
        path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
