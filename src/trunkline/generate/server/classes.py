"""The classes that exist already: importing them, and where each of their members is written."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.errors import SchemaError
from trunkline.generate.places import Place, shown_path
from trunkline.text.imports import Reference

__all__ = ["import_from", "import_module", "import_object", "place_of", "reference_to"]


def import_from(source: Path) -> None:
    """Let imports start from a folder, as they do for the program itself."""
    if str(source) not in sys.path:
        sys.path.insert(0, str(source))
        importlib.invalidate_caches()


def reference_to(text: str) -> Reference:
    """Read ``package.module:name``."""
    module, _, name = text.partition(":")
    return Reference(module, name)


def import_object(reference: Reference, where: str) -> Any:
    """Import an object; ``where`` is the place that names it, for the message.

    Raises ``SchemaError`` where it cannot be imported, whatever the module raises.
    """
    found: Any = import_module(reference.module, where)
    for name in reference.name.split("."):
        if not hasattr(found, name):
            hint = did_you_mean(suggestion_list(name, [*vars(found)]))
            raise SchemaError(f"{where}: {reference.module} has no {name!r}.{hint}")
        found = getattr(found, name)
    return found


def import_module(name: str, where: str) -> ModuleType:
    """Import a module of the program. Raises ``SchemaError`` as `import_object` does."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # other people's code
        raise SchemaError(f"{where}: {name} cannot be imported{_failure(error)}") from error


def _failure(error: Exception) -> str:
    """Say what a module's import failed with, and on which of its lines."""
    if isinstance(error, SyntaxError):
        return f": {error.msg} ({error.filename}:{error.lineno})."
    frames = traceback.extract_tb(error.__traceback__)[1:]  # not this module's own
    frames = [frame for frame in frames if "importlib" not in frame.filename and frame.line]
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    at = f" ({shown_path(Path(ours[-1].filename))}:{ours[-1].lineno})" if ours else ""
    return f": {type(error).__name__}: {str(error).rstrip('.')}{at}."


def place_of(class_: type, member: str | None = None) -> Place | None:
    """Return where a class, or a member of it or of its bases, is written, where that is known.

    Files below the working folder are named as from there.
    """
    for base in class_.__mro__ if member else (class_,):
        try:
            file = inspect.getsourcefile(base)
        except TypeError:
            continue
        line = _lines(file).get((base.__qualname__, member)) if file else None
        if file and line:
            return Place(file, line)
    return None


@cache
def _lines(file: str) -> dict[tuple[str, str | None], int]:
    """Find the lines of all classes of a file and of their members."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    return dict(_classes(tree, ""))


def _classes(scope: ast.AST, prefix: str) -> Iterator[tuple[tuple[str, str | None], int]]:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.ClassDef):
            name = prefix + node.name
            yield (name, None), node.lineno
            for member in node.body:
                yield from (((name, each), member.lineno) for each in _defined(member))
            yield from _classes(node, f"{name}.")


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield node.name
    targets = (
        [node.target]
        if isinstance(node, ast.AnnAssign)
        else node.targets
        if isinstance(node, ast.Assign)
        else []
    )
    yield from (each.id for each in targets if isinstance(each, ast.Name))
