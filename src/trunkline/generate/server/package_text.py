"""The package itself, its bindings, and the schema that it serves."""

from __future__ import annotations

from trunkline.generate.server.emission import NO_LINT, Emission, head
from trunkline.generate.server.plan import ServerPlan
from trunkline.text.docstrings import docstring_lines
from trunkline.text.imports import Reference
from trunkline.text.literals import literal
from trunkline.text.source import Source

__all__ = ["bindings_module", "package_module", "schema_file"]

_MAPPING = Reference("collections.abc", "Mapping")
_SCALAR = Reference("trunkline.server", "Scalar")
_CONSTANTS = ("MODELS", "SCALARS", "NAMES", "RESOLVED", "BATCHED", "METADATA")


def schema_file(plan: ServerPlan) -> str:
    """Write the schema as one SDL file."""
    return f"# {head(plan.sources)}\n\n{plan.sdl}"


def bindings_module(plan: ServerPlan) -> str:
    """Write the module ``bindings``: which class stands for which type, and under which names."""
    emission = Emission(f"{plan.package}.bindings", _CONSTANTS)
    mapping = emission.name(_MAPPING)
    models = [f"{literal(name)}: {emission.name(each)}" for name, each in plan.models.items()]
    _constant(emission, f"MODELS: {mapping}[str, type] = {{", models, "}")
    emission.line('"""The class of each type\'s values."""')
    scalar = emission.name(_SCALAR)
    scalars = [f"{literal(name)}: {emission.name(each)}" for name, each in plan.scalars.items()]
    _constant(emission, f"SCALARS: {mapping}[str, {scalar}] = {{", scalars, "}")
    emission.line('"""How your scalars are written and read."""')
    names = [f"{literal(key)}: {literal(name)}" for key, name in plan.names.items()]
    _constant(emission, f"NAMES: {mapping}[str, str] = {{", names, "}")
    emission.line('"""The names in Python that are not the usual ones, by coordinate."""')
    resolved = [literal(each) for each in plan.resolved]
    _constant(emission, "RESOLVED: frozenset[str] = frozenset([", resolved, "])")
    emission.line('"""The fields that a resolver must answer, though the class could."""')
    batched = [literal(each) for each in plan.batched]
    _constant(emission, "BATCHED: frozenset[str] = frozenset([", batched, "])")
    emission.line('"""The fields whose resolver is called once for all parents of a level."""')
    metadata = [literal(each) for each in plan.metadata]
    _constant(emission, "METADATA: frozenset[str] = frozenset([", metadata, "])")
    emission.line('"""The directives that say something to people and tools, and do nothing."""')
    docstring = f"What the schema's types are in the program.\n\n{head(plan.sources)}"
    return emission.module(docstring, _CONSTANTS)


def _constant(emission: Emission, opening: str, items: list[str], closing: str) -> None:
    emission.line()
    if items:
        emission.call(opening, items, closing)
    else:
        emission.line(opening.removesuffix("[") + closing.removeprefix("]"))


def package_module(plan: ServerPlan) -> str:
    """Write the package's ``__init__``: `make_executable_schema`, and what resolvers need."""
    protocols = [group.protocol for group in plan.resolvers]
    extra = ["Directives"] if plan.directives else []
    exported = sorted([*extra, *protocols, "Resolvers", "make_executable_schema"])
    module = Source[None]()
    module.line(NO_LINT)
    for line in docstring_lines(f"The schema as Python has it.\n\n{head(plan.sources)}"):
        module.line(line)
    module.line()
    module.line("from __future__ import annotations")
    module.line()
    module.line("from collections.abc import Sequence")
    module.line("from pathlib import Path")
    module.line()
    module.line("from trunkline import server")
    module.line()
    imported = sorted([*extra, *protocols, "Resolvers"])
    flat = f"from {plan.package}.resolvers import {', '.join(imported)}"
    if len(flat) <= 88:
        module.line(flat)
    else:
        module.call(f"from {plan.package}.resolvers import (", [f"{each}" for each in imported])
    module.line()
    module.call("__all__ = [", [f'"{name}"' for name in exported], "]")
    text = _MAKE.format(package=plan.package)
    if plan.directives:
        text = text.replace(*_TAKEN).replace(*_TOLD).replace(*_PASSED)
    for line in text.splitlines():
        module.line(line)
    return module.text()


_MAKE = '''

def make_executable_schema(
    resolvers: Resolvers,
    *,
    middlewares: Sequence[server.ResolverMiddleware] = (),
    saved: str | Path | None = None,
) -> server.Schema:
    """Bind the schema to its resolvers.

    ``middlewares`` stand around every resolver; ``saved`` names a file that makes later
    starts faster. Raises ``SchemaError`` where something does not fit.
    """
    # Your models may import this package, so it imports them no sooner than here.
    from {package} import bindings

    return server.make_executable_schema(
        server.load_schema(Path(__file__).with_name("schema.graphql"), saved=saved),
        resolvers,
        bindings.MODELS,
        bindings.SCALARS,
        middlewares=middlewares,
        names=bindings.NAMES,
        resolved=bindings.RESOLVED,
        batched=bindings.BATCHED,
        metadata=bindings.METADATA,
    )'''

_TAKEN = ("    *,\n", "    *,\n    directives: Directives,\n")
_TOLD = ("its resolvers.\n", "its resolvers, and its directives to their functions.\n")
_PASSED = ("bindings.SCALARS,\n", "bindings.SCALARS,\n        directives=directives,\n")
