"""The protocol has no I/O: nothing in it can wait, open a socket, or ask what time it is."""

from __future__ import annotations

import ast
from pathlib import Path

import trunkline.protocol

FORBIDDEN = {"asyncio", "os", "pathlib", "select", "socket", "ssl", "threading", "time"}


def imported_modules(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    return modules


def test_no_module_of_the_protocol_does_io() -> None:
    (folder,) = trunkline.protocol.__path__
    files = list(Path(folder).glob("*.py"))
    assert len(files) > 5
    for path in files:
        modules = imported_modules(path)
        assert not {module.partition(".")[0] for module in modules} & FORBIDDEN, path.name
        ours = {module for module in modules if module.startswith("trunkline.")}
        assert all(
            module == "trunkline.errors" or module.startswith("trunkline.protocol.")
            for module in ours
        ), path.name
