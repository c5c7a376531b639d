"""What a schema declares about caches: how long a response may be reused, and by whom.

`@cacheControl` means what it means in Apollo Server. A field of the query type, and every field
that returns an object, an interface or a union, is not cached unless it, or the type that it
returns, has a ``maxAge``. Other fields are cached as long as what is around them. A directive on a
field goes before the one on its type. The one of an abstract type is narrowed by those of its
object types.

What is declared about callers counts, too. If a field requires a scope, responses with it depend on
the scopes of the caller; if it requires a policy, or its resolver takes the ``caller``, they depend
on the caller itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, TypeAlias

import graphql
from msgspec import Struct

from trunkline.errors import SchemaError
from trunkline.schema.directives import applied_to, applies, arguments_of, elements_of, is_known
from trunkline.schema.entities import Entities, fields_of_objects, misplaced_groups
from trunkline.schema.requirements import (
    NOTHING,
    Requirements,
    RequirementSet,
    declared_requirements,
    describe_requirements,
)

__all__ = ["CacheRule", "CacheRules", "CacheScope", "declared_caching", "misplaced_caching"]

_NAME = "cacheControl"


class CacheScope(IntEnum):
    """Who may reuse a response; a larger one is narrower.

    - ``PUBLIC``: everybody; the schema says so.
    - ``UNDECLARED``: everybody who may call the endpoint.
    - ``AUDIENCE``: callers of the same audience: with the same scopes and the same tenant.
    - ``PRIVATE``: only its caller.
    """

    PUBLIC = 0
    UNDECLARED = 1
    AUDIENCE = 2
    PRIVATE = 3


class CacheRule(Struct, frozen=True):
    """How one field, argument or input field narrows the policy of a response.

    ``max_age`` is in seconds; ``None`` leaves it to what is around the field. The reasons are for
    people.
    """

    max_age: int | None = None
    scope: CacheScope = CacheScope.PUBLIC
    age_reason: str = ""
    scope_reason: str = ""


_Hint: TypeAlias = Mapping[str, Any]

_NO_RULE = CacheRule()
_INTROSPECTION = CacheRule(
    0, CacheScope.PRIVATE, "introspection is not cached", "callers see different parts of a schema"
)


class CacheRules:
    """What a schema declares, as rules that are made when an operation first needs them.

    ``definition`` is the whole schema, also for callers who see a part of it: values of the types
    that they do not see are null, so that responses depend on these, too. ``private`` has the
    coordinates of fields whose resolvers take the caller. ``entities`` are the objects that
    responses are made of.
    """

    def __init__(
        self,
        definition: graphql.GraphQLSchema,
        requirements: Requirements,
        private: frozenset[str] = frozenset(),
    ) -> None:
        self._definition = definition
        self._requirements = requirements
        self._private = private
        self._rules: dict[str, CacheRule] = {}
        self._inputs: dict[str, CacheRule] = {}
        self.entities = Entities(definition)

    def rule(self, coordinate: str) -> CacheRule:
        """Return the rule of a field, an argument, or an input field."""
        rule = self._rules.get(coordinate)
        if rule is None:
            rule = self._rules[coordinate] = self._make_rule(coordinate)
        return rule

    def _make_rule(self, coordinate: str) -> CacheRule:
        required = self._requirements
        if coordinate.endswith(")"):
            return _demanded(required.arguments.get(coordinate, NOTHING))
        type_name, _, name = coordinate.partition(".")
        type_: Any = self._definition.type_map[type_name]
        if graphql.is_input_object_type(type_):
            return _demanded(required.inputs.get(coordinate, NOTHING))
        if name.startswith("__"):
            return _INTROSPECTION
        if type_name.startswith("__") or not graphql.is_object_type(type_):
            return _NO_RULE
        return self._field_rule(type_, name, coordinate)

    def _field_rule(self, parent: Any, name: str, coordinate: str) -> CacheRule:
        field = parent.fields[name]
        named: Any = graphql.get_named_type(field.type)
        own, of_type = _hint(field), _hint(named)
        max_age, place = of_type.get("maxAge"), named.name
        inherits = of_type.get("inheritMaxAge") or (max_age is None and own.get("inheritMaxAge"))
        if own.get("maxAge") is not None:
            max_age, place = own["maxAge"], coordinate
        reason = f"{_directive_on(place, coordinate)} says {max_age} s"
        is_composite = graphql.is_composite_type(named)
        is_root = parent is self._definition.query_type
        if max_age is None and ((is_composite and not inherits) or is_root):
            max_age, reason = 0, "it has no maxAge"
            if is_composite:
                reason = f"neither it nor the type {named.name} has a maxAge"
        rule = CacheRule(max_age, age_reason=reason if max_age is not None else "")
        declared, place = own.get("scope"), coordinate
        is_private = declared is None and coordinate in self._private
        if declared is None and not is_private:  # a type does not say whose object it is
            declared, place = of_type.get("scope"), named.name
        if declared is not None:
            reason = f"{_directive_on(place, coordinate)} says {declared}"
            rule = _narrowed(rule, CacheScope[declared], reason)
        elif is_private:
            rule = _narrowed(rule, CacheScope.PRIVATE, "its resolver takes the caller")
        elif max_age is not None:
            rule = _narrowed(rule, CacheScope.UNDECLARED, "its @cacheControl names no scope")
        rule = _joined(rule, _demanded(self._requirements.fields.get(coordinate, NOTHING)))
        if graphql.is_abstract_type(named):
            for each in self._definition.get_possible_types(named):
                rule = _joined(rule, self._possible_rule(each))
        return rule

    def _possible_rule(self, type_: graphql.GraphQLObjectType) -> CacheRule:
        """Return how an object type narrows a field that may return its objects."""
        hint = _hint(type_)
        rule = _demanded(self._requirements.types.get(type_.name, NOTHING), type_.name)
        if hint.get("maxAge") is not None:
            reason = f"@cacheControl on {type_.name} says {hint['maxAge']} s"
            rule = _joined(rule, CacheRule(hint["maxAge"], age_reason=reason))
        if hint.get("scope") is not None:
            reason = f"@cacheControl on {type_.name} says {hint['scope']}"
            rule = _narrowed(rule, CacheScope[hint["scope"]], reason)
        return rule

    def input_rule(self, name: str) -> CacheRule:
        """Return what values of an input type may require, however deep they go."""
        if name not in self._inputs:
            rule = _NO_RULE
            open_, seen = [name], {name}
            while open_:
                type_: Any = self._definition.type_map[open_.pop()]
                for each, field in getattr(type_, "fields", {}).items():
                    rule = _joined(rule, self.rule(f"{type_.name}.{each}"))
                    inner = graphql.get_named_type(field.type)
                    if graphql.is_input_object_type(inner) and inner.name not in seen:
                        seen.add(inner.name)
                        open_.append(inner.name)
            self._inputs[name] = rule
        return self._inputs[name]


def declared_caching(
    definition: graphql.GraphQLSchema, requirements: Requirements, private: frozenset[str]
) -> CacheRules | None:
    """Read what a schema declares about caches; ``None`` if that is nothing.

    ``private`` has the coordinates of fields whose resolvers take the caller. Raises
    ``SchemaError`` for what `misplaced_caching` finds, and for a public one of these.
    """
    if not applies(definition, {_NAME}):
        return None
    mistakes = [error.message for error in misplaced_caching(definition, requirements)]
    for coordinate, element in _places(definition):
        if coordinate in private and _hint(element).get("scope") == "PUBLIC":
            mistakes.append(
                f"{coordinate}: @cacheControl says PUBLIC, but its resolver, or a directive around"
                " it, takes the caller. Write AUDIENCE if the value depends only on the caller's"
                " scopes and tenant, else PRIVATE."
            )
    if mistakes:
        raise SchemaError("\n".join(mistakes))
    return CacheRules(definition, requirements, private)


def misplaced_caching(
    definition: graphql.GraphQLSchema, requirements: Requirements | None = None
) -> Iterator[graphql.GraphQLError]:
    """Yield an error for each `@cacheControl` and `@cacheGroups` that cannot be, with its place."""
    if not applies(definition, {_NAME, "cacheGroups"}):
        return
    yield from misplaced_groups(definition)
    for coordinate, element in _places(definition):
        if not _is_applied(element):
            continue
        requirements = requirements or declared_requirements(definition)
        hint = _hint(element)
        for mistake in _mistakes(definition, requirements, coordinate, element, hint):
            nodes = [each for each in applied_to(element) if each.name.value == _NAME]
            yield graphql.GraphQLError(f"{coordinate}: {mistake}", nodes)


def _mistakes(
    definition: graphql.GraphQLSchema,
    requirements: Requirements,
    coordinate: str,
    element: Any,
    hint: _Hint,
) -> Iterator[str]:
    max_age = hint.get("maxAge")
    if max_age is not None and max_age < 0:
        yield f"the maxAge of @cacheControl is {max_age}; write a number of seconds from 0."
    if max_age is not None and hint.get("inheritMaxAge"):
        yield "@cacheControl has both maxAge and inheritMaxAge; remove one of them."
    parent = coordinate.partition(".")[0]
    if isinstance(element, graphql.GraphQLField):
        places = fields_of_objects(definition, coordinate)
        if places:
            yield f"@cacheControl has no effect on a field of an interface. Write it on {places}."
    for root in (definition.mutation_type, definition.subscription_type):
        if root is not None and root.name == parent:
            what = "mutation" if root is definition.mutation_type else "subscription"
            yield f"the response to a {what} is never cached. Remove @cacheControl."
    required = _required(definition, requirements, coordinate, element)
    if hint.get("scope") == "PUBLIC" and required:
        yield (
            f"@cacheControl says PUBLIC, but callers need {describe_requirements(required)}. Remove"
            " 'scope: PUBLIC'; the response is then shared by those who have that."
        )


def _required(
    definition: graphql.GraphQLSchema, requirements: Requirements, coordinate: str, element: Any
) -> RequirementSet:
    """Return what callers need of a type or a field in whatever document."""
    required, type_ = requirements.types.get(coordinate, NOTHING), element
    if isinstance(element, graphql.GraphQLField):
        required = requirements.fields.get(coordinate, NOTHING)
        required = required.union(*_always_given(requirements, coordinate, element))
        type_ = element.type
    named = graphql.get_named_type(type_)
    possible = definition.get_possible_types(named) if graphql.is_abstract_type(named) else ()
    return required.union(*(requirements.types.get(each.name, NOTHING) for each in possible))


def _always_given(
    requirements: Requirements, coordinate: str, field: graphql.GraphQLField
) -> Iterator[RequirementSet]:
    """Yield what the arguments and input fields require that no document can leave out."""
    open_: list[Any] = []
    for name, argument in field.args.items():
        if graphql.is_required_argument(argument):
            yield requirements.arguments.get(f"{coordinate}({name}:)", NOTHING)
            open_.append(argument.type)
    seen: set[str] = set()
    while open_:
        type_: Any = graphql.get_nullable_type(open_.pop())  # a list may be empty
        if graphql.is_input_object_type(type_) and type_.name not in seen:
            seen.add(type_.name)
            for name, each in type_.fields.items():
                if graphql.is_required_input_field(each):
                    yield requirements.inputs.get(f"{type_.name}.{name}", NOTHING)
                    open_.append(each.type)


def _places(definition: graphql.GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Yield each type and field that `@cacheControl` may stand on, with its coordinate."""
    directive = definition.get_directive(_NAME)
    if directive is not None and not is_known(directive):
        return  # the schema's own, which means something else
    for coordinate, element in elements_of(definition):
        if graphql.is_composite_type(element) or isinstance(element, graphql.GraphQLField):
            yield coordinate, element


def _is_applied(element: Any) -> bool:
    return any(each.name.value == _NAME for each in applied_to(element))


def _hint(element: Any) -> _Hint:
    """Return the arguments of `@cacheControl` on a type or a field, without nulls."""
    if not graphql.is_composite_type(element) and not isinstance(element, graphql.GraphQLField):
        return {}
    given = arguments_of(_NAME, element) or {}
    return {name: value for name, value in given.items() if value is not None}


def _directive_on(place: str, coordinate: str) -> str:
    return "its @cacheControl" if place == coordinate else f"@cacheControl on {place}"


def _demanded(requirements: RequirementSet, what: str = "it") -> CacheRule:
    """Return whom a response depends on because of what is required."""
    if not requirements:
        return _NO_RULE
    has_policy = any(each.kind == "policies" for each in requirements)
    scope = CacheScope.PRIVATE if has_policy else CacheScope.AUDIENCE
    reason = f"{what} needs {describe_requirements(requirements)}"
    return CacheRule(scope=scope, scope_reason=reason)


def _narrowed(rule: CacheRule, scope: CacheScope, reason: str) -> CacheRule:
    return _joined(rule, CacheRule(scope=scope, scope_reason=reason))


def _joined(rule: CacheRule, other: CacheRule) -> CacheRule:
    """Return what both rules leave; of two that leave the same, the first one's reason."""
    aged, scoped = rule, rule
    if other.max_age is not None and (rule.max_age is None or other.max_age < rule.max_age):
        aged = other
    if other.scope > rule.scope or not rule.scope_reason:
        scoped = other
    return CacheRule(aged.max_age, scoped.scope, aged.age_reason, scoped.scope_reason)
