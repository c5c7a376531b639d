"""What the plan wants of a person's package: classes, their methods, and a file for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from glob import has_magic
from pathlib import Path

from trunkline.generate.configuration import LayoutName, Project
from trunkline.generate.elements import Place
from trunkline.generate.server.plan import ParameterPlan, ResolverPlan, ResolversPlan, ServerPlan
from trunkline.generate.server.values import LIST, LIST_OF
from trunkline.text.imports import Hint, Reference
from trunkline.text.names import escape_keyword, snake_case

__all__ = ["WantedClass", "WantedMethod", "WantedResolvers", "read_plan"]

_MODULE = "resolvers.py"  # of a feature, and of the program
_EVENTS = Reference("collections.abc", "AsyncIterator")
_EXCEPTION = Hint.of("builtins", "Exception")


@dataclass(frozen=True, slots=True)
class WantedMethod:
    """The resolver of a field.

    ``returns`` is the type of the field's value: a list of it for a batch resolver, an
    ``AsyncIterator`` of it for a subscription. The parent of a batch resolver is a list, too.
    """

    name: str
    coordinate: str
    returns: Hint
    parent: ParameterPlan | None = None
    parameters: tuple[ParameterPlan, ...] = ()
    docstring: str = ""
    is_batch: bool = False
    is_subscription: bool = False
    is_async: bool = True


@dataclass(frozen=True, slots=True)
class WantedClass:
    """The resolvers of a type, or those of them that belong in one file.

    ``protocol`` is the name of the protocol by which existing classes are found, and of the class
    that is written if there is none; ``base`` is that protocol. ``attribute`` is the name of the
    type in ``Resolvers``. ``answered`` are the names of fields that need no resolver. A type whose
    fields belong in several files has several of these.
    """

    type_name: str
    protocol: str
    attribute: str
    base: Reference
    path: str
    methods: tuple[WantedMethod, ...]
    answered: tuple[str, ...] = ()


@dataclass(frozen=True)
class WantedResolvers:
    """All that is wanted of a package.

    ``package`` is the dotted name of the folder at which paths start; ``assembly`` is the path of
    the file for the class ``Resolvers``. ``generated`` has the text of each generated module by
    its dotted name: ``None`` for a module in that package that is not generated.
    """

    package: str
    classes: tuple[WantedClass, ...]
    assembly: str = "__init__.py"
    generated: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])

    @cached_property
    def by_protocol(self) -> dict[str, list[WantedClass]]:
        """The classes of each protocol, in the order of the schema."""
        found: dict[str, list[WantedClass]] = {}
        for wanted in self.classes:
            found.setdefault(wanted.protocol, []).append(wanted)
        return found

    def docstring(self, path: str) -> str:
        """Return the docstring of a new file."""
        names = [f"`{each.type_name}`" for each in self.classes if each.path == path]
        *first, last = dict.fromkeys(names) or [""]
        if not last or len(first) > 2:
            return "Resolvers of the schema's types."
        return f"Resolvers of {', '.join(first)}{' and ' if first else ''}{last}."


def read_plan(
    plan: ServerPlan, project: Project, generated: Mapping[str, str | None]
) -> WantedResolvers:
    """Return the classes and methods that the package of resolvers must have."""
    layout = _Layout(project)
    classes = [each for group in plan.resolvers for each in _classes(group, plan, layout)]
    return WantedResolvers(layout.package, tuple(classes), layout.assembly, generated)


def _classes(group: ResolversPlan, plan: ServerPlan, layout: _Layout) -> Iterator[WantedClass]:
    """Divide the resolvers of a type among the files of the layout."""
    by_path: dict[str, list[WantedMethod]] = {}
    for each in group.resolvers:
        by_path.setdefault(layout.path(group.type, each.place), []).append(_method(each))
    if not by_path:
        by_path[layout.path(group.type, group.place)] = []
    parent, _, name = plan.package.rpartition(".")
    base = Reference(parent, f"{name}.{group.protocol}")
    resolve_type = WantedMethod(
        name="resolve_type",
        coordinate=group.type,
        returns=Hint.of("builtins", "str"),
        parent=ParameterPlan("value", Hint.of("builtins", "object")),
        docstring="Name the type of a value, which its class does not tell.",
        is_async=False,
    )
    for path, methods in sorted(by_path.items()):
        if group.type_resolver:
            methods.append(resolve_type)
        yield WantedClass(
            group.type,
            group.protocol,
            group.attribute,
            base,
            path,
            tuple(methods),
            group.answered,
        )


def _method(resolver: ResolverPlan) -> WantedMethod:
    returns = resolver.hint.replace(LIST_OF, LIST)
    if resolver.kind == "batch":
        returns = returns.either(_EXCEPTION).within(LIST)
    elif resolver.kind == "stream":
        returns = returns.within(_EVENTS)
    return WantedMethod(
        resolver.name,
        resolver.coordinate,
        returns,
        resolver.parent,
        resolver.parameters,
        resolver.description.partition("\n")[0],
        is_batch=resolver.kind == "batch",
        is_subscription=resolver.kind == "stream",
    )


class _Layout:
    """Gives each resolver a file, and the class ``Resolvers`` that puts them together.

    ``package`` is the folder that paths start from, as it is imported; ``assembly`` is the path of
    the file with ``Resolvers``.
    """

    def __init__(self, project: Project) -> None:
        configuration = project.configuration
        self._layout: LayoutName = configuration.layout
        self._roots = [each.resolve() for each in _roots(project.schema_sources)]
        self.package = configuration.resolvers or ""
        self.assembly = "__init__.py"
        is_package = project.source.joinpath(*self.package.split(".")).is_dir()
        if self._layout == "single" and not is_package:
            self.package, _, name = self.package.rpartition(".")
            self.assembly = f"{name}.py"
        elif self._layout == "feature":
            self.assembly = _MODULE

    def path(self, type_name: str, place: Place) -> str:
        """Return the file for a resolver of a type, by the place of its field in the schema."""
        match self._layout:
            case "single":
                return self.assembly
            case "type":
                return f"{_module_name(snake_case(type_name))}.py"
            case "schema":
                return f"{_module_name(Path(place.file).stem)}.py"
            case "feature":
                return "/".join([*map(_module_name, self._feature(Path(place.file))), _MODULE])

    def _feature(self, file: Path) -> tuple[str, ...]:
        """Return the folders of a schema file; its own name where it is in none."""
        file = file.resolve()
        roots = [root for root in self._roots if file.is_relative_to(root)]
        within = file.relative_to(max(roots, key=lambda root: len(root.parts))) if roots else file
        return within.parent.parts or (within.stem,)


def _roots(sources: list[Path]) -> Iterator[Path]:
    """Yield the folders that schema sources start from."""
    for source in sources:
        magic = [part for part in source.parts if has_magic(part)]
        if magic:
            yield Path(*source.parts[: source.parts.index(magic[0])])
        else:
            yield source if source.is_dir() else source.parent


def _module_name(name: str) -> str:
    """Make a module's name of any other: `user-types` → `user_types`, `2fa` → `_2fa`."""
    words = re.sub(r"\W+", "_", name).strip("_").lower() or "resolvers"
    if words[0].isdigit():
        return f"_{words}"
    return "init_" if words == "init" else escape_keyword(words)
