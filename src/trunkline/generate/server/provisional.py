"""The generated types before they are written, for classes that use them already.

A model may use an enum of the generated package: then its module can be imported only once that is
there and up to date, and that is written only once the model has been looked at.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from trunkline.generate.configuration import TypeKind
from trunkline.generate.server.plan import ServerPlan
from trunkline.generate.server.write import types_module
from trunkline.text.loading import load_module

__all__ = ["concerns", "provide_types"]


def concerns(error: BaseException | None, package: str) -> bool:
    """Say whether an import failed for want of the generated package, or of something in it."""
    if not isinstance(error, ImportError) or not error.name:
        return False
    return f"{error.name}.".startswith(f"{package}.") or f"{package}.".startswith(f"{error.name}.")


def provide_types(plan: ServerPlan, kind: TypeKind, folder: Path) -> None:
    """Let this process import the types of a plan, whatever is on the disk."""
    package = _package(plan.package, folder)
    name = f"{plan.package}.types"
    with suppress(ImportError):  # what it imports may want it in turn; that is told then
        types = load_module(name, types_module(plan, kind), {})
        sys.modules[name] = types
        package.types = types  # type: ignore[attr-defined]  # as the import system does


def _package(name: str, folder: Path) -> ModuleType:
    """Return the generated package; an empty one with its modules where there is none so far."""
    try:
        return importlib.import_module(name)
    except ImportError:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(importlib.import_module(parent), last, package)
        return package
