"""Whether a generated package starts: it is imported, and its schema built, in another process.

This process may have imported what the package was before, or a part of it in place of the whole.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from trunkline.errors import SchemaError
from trunkline.generate.configuration import Project
from trunkline.generate.server.classes import import_module, reason_of
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import load_schema

__all__ = ["check_start"]


def check_start(project: Project) -> None:
    """Import the generated package, and build its schema. Raises ``SchemaError`` if that fails.

    Imports start from the same folders as in this process.
    """
    package = project.configuration.package
    done = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-BP", "-m", __name__, package, f"{project.place('package')}: package"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what the program prints was seen when it was read
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        reason = done.stdout.strip() or f"Python ended with status {done.returncode}."
        raise SchemaError(f"The generated package {package} does not start:\n{reason}")


def _start(package: str, where: str) -> None:
    types = import_module(f"{package}.types", where)
    for class_ in _classes(types):
        try:
            rebuild: Any = getattr(class_, "model_rebuild", None)  # of pydantic
            rebuild() if rebuild else get_type_hints(class_)
        except Exception as error:
            name = f"{types.__name__}.{class_.__name__}"
            raise SchemaError(f"{where}: {name} cannot be used: {reason_of(error)}.") from error
    bindings: Any = import_module(f"{package}.bindings", where)
    resolvers = import_module(f"{package}.resolvers", where)
    definition = load_schema(Path(str(bindings.__file__)).with_name("schema.graphql"))
    make_executable_schema(
        definition,
        _stand_in(resolvers),
        bindings.MODELS,
        bindings.SCALARS,
        names=bindings.NAMES,
        resolved=bindings.RESOLVED,
        metadata=[f"@{each.name}" for each in definition.directives],
    )


def _classes(module: ModuleType) -> Iterator[type]:
    for each in vars(module).values():
        if isinstance(each, type) and each.__module__ == module.__name__:
            yield each


def _stand_in(module: ModuleType) -> object:
    """Return resolvers whose methods are those of the protocols: they are not called."""
    protocols = {each.__name__: each for each in _classes(module)}
    groups = {
        name: _instance(protocols[property_.fget.__annotations__["return"]])
        for name, property_ in vars(protocols["Resolvers"]).items()
        if isinstance(property_, property)
    }
    return type("Resolvers", (), groups)()


def _instance(protocol: type) -> object:
    class_: Any = type(protocol.__name__, (protocol,), {})
    class_.__abstractmethods__ = frozenset[str]()
    return class_()


if __name__ == "__main__":
    try:
        with redirect_stdout(sys.stderr):
            _start(*sys.argv[1:])
    except SchemaError as error:
        sys.stdout.write(str(error))
        sys.exit(1)
