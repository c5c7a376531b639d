"""The classes of the program: importing them, and where each of their members is written."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import traceback
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from trunkline.errors import SchemaError
from trunkline.generate.elements import Place, shown_path, suggestion
from trunkline.text.imports import Reference

__all__ = [
    "import_from",
    "import_module",
    "import_object",
    "is_missing_package",
    "place_of",
    "reason_of",
    "reference_to",
]


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

    Raises ``SchemaError`` if it cannot be imported, whatever the module raises.
    """
    found: Any = import_module(reference.module, where)
    for name in reference.name.split("."):
        if not hasattr(found, name):
            hint = suggestion(name, vars(found))
            raise SchemaError(f"{where}: {reference.module} has no {name!r}.{hint}")
        found = getattr(found, name)
    return found


def import_module(name: str, where: str) -> ModuleType:
    """Import a module of the program. Raises ``SchemaError`` as `import_object` does.

    The message has the line of the program that failed.
    """
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # whatever the program raises
        for caller, called in pairwise(traceback.extract_tb(error.__traceback__)):
            if called.name == "make_executable_schema":
                raise SchemaError(
                    f"{where}: {name} cannot be imported:"
                    f" {shown_path(Path(caller.filename))}:{caller.lineno} makes the schema, whose"
                    " package is generated from this module. Make the schema in another module."
                ) from error
        raise SchemaError(f"{where}: {name} cannot be imported: {reason_of(error)}.") from error


def reason_of(error: BaseException) -> str:
    """Write an error of the program in short, with the line of the program that failed."""
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({shown_path(Path(error.filename or '?'))}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)[1:]  # not our own
    frames = [frame for frame in frames if "importlib" not in frame.filename and frame.line]
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    at = f" ({shown_path(Path(ours[-1].filename))}:{ours[-1].lineno})" if ours else ""
    message = str(error).split("\n\n")[0].rstrip(".")  # pydantic's has an address below
    return f"{type(error).__name__}: {message}{at}"


def is_missing_package(error: BaseException | None, package: str) -> bool:
    """Say whether an import failed because of the generated package, or of something in it."""
    if not isinstance(error, ImportError) or not error.name:
        return False
    return f"{error.name}.".startswith(f"{package}.") or f"{package}.".startswith(f"{error.name}.")


def place_of(class_: type, member: str | None = None) -> Place | None:
    """Return where a class, or a member of it or of its bases, is written, if that is known."""
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
    """Find the lines of all classes of a file, and of their members."""
    lines: dict[tuple[str, str | None], int] = {}
    try:
        scopes: list[tuple[str, ast.AST]] = [("", ast.parse(Path(file).read_bytes()))]
    except (OSError, SyntaxError, ValueError):
        return lines
    for scope, tree in scopes:  # which grows
        for node in ast.iter_child_nodes(tree):
            match node:
                case ast.ClassDef():
                    name = f"{scope}.{node.name}" if scope else node.name
                    lines[name, None] = node.lineno
                    scopes.append((name, node))
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    lines[scope, node.name] = node.lineno
                case ast.AnnAssign(target=ast.Name(name)):
                    lines[scope, name] = node.lineno
                case ast.Assign():
                    for target in node.targets:
                        if isinstance(target, ast.Name):
                            lines[scope, target.id] = node.lineno
                case _:
                    pass
    return lines
