"""What the plan wants of a person's package: the classes, their methods, and the files for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from trunkline.generate.configuration import Project
from trunkline.generate.resolvers.layout import Layout
from trunkline.generate.server.plan import ParameterPlan, ResolverPlan, ResolversPlan, ServerPlan
from trunkline.generate.server.values import LIST, LIST_OF
from trunkline.text.imports import Hint, Reference

__all__ = ["WantedClass", "WantedMethod", "WantedResolvers", "read_plan"]

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
    type in ``Resolvers``. A type whose fields belong in several files has several of these.
    """

    type_name: str
    protocol: str
    attribute: str
    base: Reference
    path: str
    methods: tuple[WantedMethod, ...]


@dataclass(frozen=True, slots=True)
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

    @property
    def by_protocol(self) -> dict[str, list[WantedClass]]:
        """The classes of each protocol, in the order of the schema."""
        found: dict[str, list[WantedClass]] = {}
        for wanted in self.classes:
            found.setdefault(wanted.protocol, []).append(wanted)
        return found


def read_plan(
    plan: ServerPlan, project: Project, generated: Mapping[str, str | None]
) -> WantedResolvers:
    """Return the classes and methods that the package of resolvers must have."""
    layout = Layout(project)
    classes = [each for group in plan.resolvers for each in _classes(group, plan, layout)]
    return WantedResolvers(layout.package, tuple(classes), layout.assembly, generated)


def _classes(group: ResolversPlan, plan: ServerPlan, layout: Layout) -> Iterator[WantedClass]:
    """Divide the resolvers of a type among the files of the layout."""
    by_path: dict[str, list[WantedMethod]] = {}
    for each in group.resolvers:
        by_path.setdefault(layout.path(group.type, each.place), []).append(_method(each))
    if not by_path:
        by_path[layout.path(group.type, group.place)] = []
    parent, _, name = plan.package.rpartition(".")
    base = Reference(parent, f"{name}.{group.protocol}")
    for path, methods in sorted(by_path.items()):
        if group.type_resolver:
            methods.append(_type_resolver(group.type))
        yield WantedClass(group.type, group.protocol, group.attribute, base, path, tuple(methods))


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


def _type_resolver(type_name: str) -> WantedMethod:
    return WantedMethod(
        name="resolve_type",
        coordinate=type_name,
        returns=Hint.of("builtins", "str"),
        parent=ParameterPlan("value", Hint.of("builtins", "object")),
        docstring="Name the type of a value, which its class does not tell.",
        is_async=False,
    )
