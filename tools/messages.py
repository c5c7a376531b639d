"""Write docs/messages.txt: every sentence in the source that can leave the process.

    python tools/messages.py           write the file
    python tools/messages.py --check   exit with 1 where the file is not what would be written

Errors, headers, log lines, what the commands print and their help: whatever stands in the source
as a string and reads as a sentence. Read the file from top to bottom when you change messages.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["FILE", "messages"]

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "trunkline"
FILE = ROOT / "docs" / "messages.txt"

# Modules whose strings are Python text that is written to a module.
_WRITERS = re.compile(r"compiler/(emit|fields|leaves|namespace|reading)\.py|text/.*")
_SENTENCE = re.compile(r"[A-Za-z'\"`{}.,]+ [a-z{'\"`(][\w'\"`{}.,:;()…=-]*( |$)")

_CODE = re.compile(
    r"\n.+\n"  # files and scripts, which begin below their quotes
    r"|(BEGIN|CREATE|DELETE|INSERT|LISTEN|NOTIFY|PRAGMA|SELECT|UPDATE) "
)


def messages() -> str:
    """Return the text of the file: the messages of each module in their order."""
    parts: list[str] = []
    for path in sorted(SOURCE.rglob("*.py")):
        if _WRITERS.fullmatch(path.relative_to(SOURCE).as_posix()):
            continue
        found = dict.fromkeys(_sentences(ast.parse(path.read_text(encoding="utf-8"))))
        if found:
            parts.append(f"\n{path.relative_to(SOURCE).as_posix()}\n")
            parts += [f"    {' '.join(each.split())}\n" for each in found]
    return "".join(parts).lstrip("\n")


def _sentences(node: ast.AST) -> Iterator[str]:
    """Yield the strings below a node that read as sentences; docstrings do not count."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.FunctionDef) and child.name == "__repr__":
            continue
        if isinstance(child, (ast.Constant, ast.JoinedStr)):
            text = _text(child)
            is_key = "\0" in text
            if _SENTENCE.search(text) and not is_key and not _CODE.match(text):
                yield text
        else:
            yield from _sentences(child)


def _text(node: ast.expr) -> str:
    """Write a string as its template: ``{name}`` stands for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(map(_text, values))
        case ast.FormattedValue(value=value, conversion=conversion):
            shown = f"{{{ast.unparse(value)}}}"
            return f"'{shown}'" if conversion == ord("r") else shown
        case _:
            return ""


def main() -> int:
    """Write the file, or compare it."""
    text = messages()
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.is_file() or FILE.read_text(encoding="utf-8") != text:
        print("docs/messages.txt is not up to date: run python tools/messages.py, and read it")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
