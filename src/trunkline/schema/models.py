"""Python classes that stand for types: what they have, and how values become their instances.

An object type's model has members (attributes, keys, methods) for its fields. An input type's model
has parameters for its fields. An enum's model has members for its values.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Generic, get_origin, is_typeddict
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLInputObjectType, Undefined
from graphql.pyutils import did_you_mean, suggestion_list

from trunkline.schema.mapped import complete_mapping
from trunkline.schema.names import PythonNames
from trunkline.schema.refusals import maker
from trunkline.schema.signatures import describe, misfits, parameters_of, same_names

__all__ = [
    "bare_class",
    "bind_enum",
    "bind_input",
    "class_of",
    "id_class",
    "is_looked_up",
    "is_mapping",
    "lookup",
    "member",
    "members_of",
    "method_of",
    "takes_self",
    "whose",
]

_OF_SQLALCHEMY = "_mapping"  # the public attribute of its rows that has their values by key

_IDS = (int, UUID)
_WORD = re.compile(r"\w+")
_CLASS_VARIABLE = re.compile(r"([\w.]+\.)?ClassVar\b")  # an annotation kept as text (PEP 563)


def lookup(parent: Any, names: tuple[str, ...], coordinate: str) -> Any:
    """Find a field's value in a parent of undeclared class, or in a row: by key, or by attribute.

    A key that a mapping lacks is null. Raises ``LookupError`` if anything else has none of the
    ``names``; ``coordinate`` is the field's.
    """
    if type(parent) is dict or _has_keys(parent.__class__):  # an object's word for its class
        for name in names:
            if name in parent:
                return parent[name]  # pyright: ignore[reportUnknownVariableType]
        return None
    is_keyed = is_row(type(parent))  # type: ignore[arg-type]  # mypy thinks that no class has a hash
    for name in names:
        value = member(parent, name) if is_keyed else getattr(parent, name, Undefined)
        if value is not Undefined:
            return value
    for name in names:
        if inspect.getattr_static(parent, name, Undefined) is not Undefined:
            return getattr(parent, name)  # a property that raises an AttributeError of its own
    class_ = type(parent)
    kinds = "keys or attributes" if is_keyed else "attributes"
    raise LookupError(
        f"{coordinate}: the object of {class_.__module__}.{class_.__qualname__} has none of the"
        f" {kinds} {', '.join(map(repr, names))}. {_remedy(parent)}"
    )


@lru_cache(maxsize=1000)
def _has_keys(class_: type) -> bool:
    return issubclass(class_, Mapping)


def member(parent: Any, name: str) -> Any:
    """Return what a row has under a key, or else an object as an attribute; or ``Undefined``."""
    if is_row(type(parent)):  # type: ignore[arg-type]  # as above
        try:
            return getattr(parent, _OF_SQLALCHEMY, parent)[name]
        except (LookupError, TypeError):  # the latter if it wants numbers
            pass
    return getattr(parent, name, Undefined)


def _remedy(parent: Any) -> str:
    if isinstance(parent, (tuple, list)):
        return "Return rows that have names: named tuples, dictionaries or objects."
    row = getattr(parent, _OF_SQLALCHEMY, parent)
    if is_row(type(parent)):  # type: ignore[arg-type]  # as above
        return f"It has: {', '.join(map(str, row.keys()))}."
    return "Return another object, or add a resolver for the field."


def members_of(model: type) -> set[str]:
    """Return the names that instances have: attributes, properties, declared fields or keys."""
    complete_mapping(model)
    declared = {name for base in model.__mro__ for name in inspect.get_annotations(base)}
    return declared if is_mapping(model) else declared | set(dir(model))


def id_class(model: type, name: str) -> type | None:
    """Return ``int`` or ``UUID`` if a model declares a member so, and not as ``str`` as well."""
    annotations = (inspect.get_annotations(base).get(name) for base in model.__mro__)
    found = next((each for each in annotations if each is not None), None)
    words = set(_WORD.findall(str(found)))
    return None if "str" in words else next((each for each in _IDS if each.__name__ in words), None)


def method_of(model: type, name: str) -> Callable[..., Any] | None:
    """Return the method of that name, unless it is a declared field, a property or similar."""
    if is_mapping(model):
        return None
    for base in model.__mro__:
        if name in inspect.get_annotations(base):
            return None  # a declared field, which no class before it overrides by a method
        if name in vars(base):
            break
    member = getattr(model, name, None)
    static = inspect.getattr_static(model, name, None)
    is_data = isinstance(member, type) or inspect.isdatadescriptor(static)
    return member if callable(member) and not is_data else None


def takes_self(model: type, name: str) -> bool:
    """Say whether the method, as the class has it, takes the instance as its first parameter."""
    is_static = isinstance(inspect.getattr_static(model, name), staticmethod)
    return not is_static and not inspect.ismethod(getattr(model, name))


def whose(model: type, name: str) -> type | None:
    """Return the library's class that a member comes from, if no field may use the member.

    A Pydantic model inherits ``copy``, one of SQLAlchemy ``metadata``, one of Django ``delete``.
    Such members of every model do not stand for a field, and to call them may do harm. Fields that
    a library's class declares may be used. Returns ``None`` if the member may be used.
    """
    for base in model.__mro__:
        if name in inspect.get_annotations(base) and not _is_class_variable(base, name):
            return None
        if _package(base) == _package(model):
            if name in vars(base):
                value = vars(base)[name]
                is_code = callable(value) or hasattr(value, "__get__")
                ours = {_package(model), *sys.stdlib_module_names}
                return None if is_code or _package(type(value)) in ours else type(value)
        elif _is_class_variable(base, name) or callable(vars(base).get(name)):
            return base
    return None


def is_mapping(model: type) -> bool:
    """Say whether values of a class are dictionaries, which are read by key."""
    return is_typeddict(model) or issubclass(model, dict)


@lru_cache(maxsize=1000)
def is_row(class_: type) -> bool:
    """Say whether objects are read by key like the rows of databases, which are no ``dict``.

    Those of asyncpg and sqlite3 are so, and SQLAlchemy's. Their class does not say which keys they
    have. Mappings of other classes count, too.
    """
    if hasattr(class_, _OF_SQLALCHEMY):
        return True
    is_keyed = hasattr(class_, "keys") and hasattr(class_, "__getitem__")
    return is_keyed and not is_mapping(class_)


def is_looked_up(model: type, found: str | None) -> bool:
    """Say whether a field is read by a key that its model does not declare.

    ``found`` is the member of the model that has the field's name. A row has columns of any name,
    also ``items`` or ``count``; what a subclass adds are attributes.
    """
    if model is dict or not is_row(model):
        return model is dict
    row = next(base for base in reversed(model.__mro__) if is_row(base))
    return found is None or hasattr(row, found)


def bare_class(model: Any) -> Any:
    """Return the class of a generic one with arguments: ``Connection`` of ``Connection[Book]``."""
    origin = get_origin(model)
    return origin if isinstance(origin, type) and Generic in origin.__mro__ else model


def class_of(model: type) -> type:
    """Return the class of a model's values: for a ``TypedDict`` they are plain dicts."""
    return dict if is_typeddict(model) else model


def _is_class_variable(base: type, name: str) -> bool:
    annotation = inspect.get_annotations(base).get(name)
    if isinstance(annotation, str):
        return bool(_CLASS_VARIABLE.match(annotation))
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _package(class_: type) -> str:
    return class_.__module__.partition(".")[0]


def bind_input(type_: GraphQLInputObjectType, model: type, names: PythonNames) -> Iterator[str]:
    """Let values of an input type arrive with Python's names, as instances of the model.

    For fields that a request leaves out, the model's own defaults are used. Yields a message for
    each reason why the model cannot be made from the fields.
    """
    parameters = None if is_mapping(model) else parameters_of(model)
    taken: dict[str, str] = {}
    for name, field in type_.fields.items():
        coordinate = f"{type_.name}.{name}"
        python_name = names.of(coordinate, name)
        candidates = (python_name, *names.any_of(coordinate, name))  # Pydantic's aliases, perhaps
        found = (each for each in candidates if each in (parameters or ()))
        field.out_name = taken[name] = next(found, python_name)
    yield from same_names(f"{type_.name}: the fields", taken, "parameter")
    if is_mapping(model):
        return
    if parameters is not None:
        absent = "the input type has no field for"
        for mistake in misfits(parameters, type_.fields, taken, absent=absent):
            yield f"{type_.name}: {describe(model, 'the model')} {mistake}"

    fields = {parameter: name for name, parameter in taken.items()}
    # graphql-core's own hook
    type_.out_type = maker(type_.name, model, fields)  # type: ignore[method-assign,assignment]


def bind_enum(type_: GraphQLEnumType, model: type, names: PythonNames) -> Iterator[str]:
    """Let an enum's values be the members of a Python enum. Yields a message for each it lacks."""
    members: Mapping[str, object] = getattr(model, "__members__", {})
    for name, value in type_.values.items():
        member = names.member(f"{type_.name}.{name}", name)
        if member not in members:
            hint = did_you_mean(suggestion_list(member, list(members)))
            yield f"{type_.name}.{name}: {model.__qualname__} has no member {member!r}.{hint}"
        value.value = members.get(member, name)
