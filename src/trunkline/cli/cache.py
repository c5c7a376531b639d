"""`trunkline cache explain`: print what caches may do with the responses of operations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.reading import (
    ExecutableOption,
    compiled_operations,
    errors_end_command,
    load_executable,
)

if TYPE_CHECKING:
    from trunkline.compiler.operation import Operation

__all__ = ["cache_app"]

cache_app = typer.Typer(name="cache", no_args_is_help=True, help="What HTTP caches may keep.")


@cache_app.callback()
def cache() -> None:
    """Say what HTTP caches may keep."""  # so that `explain` stays a command of its own


@cache_app.command("explain")
def explain_command(
    documents: Annotated[
        list[Path], typer.Argument(help="Files with operations, .graphql or .py; or folders.")
    ],
    schema: ExecutableOption = None,
) -> None:
    """Print what caches may do with the responses of operations, and which fields decide it.

    With schema files, it is not known which resolvers take the caller; name the schema of the
    program, as package.module:attribute, to see what its server sends.
    """
    with errors_end_command():
        executable = load_executable(schema)
        for operation in compiled_operations(executable, documents):
            typer.echo(f"{operation.kind} {operation.name or '-'}")
            for line in _explain(operation):
                typer.echo(f"  {line}")


def _explain(operation: Operation) -> Iterator[str]:
    from trunkline.compiler.caching import narrowing_rules

    known = operation.caching
    if operation.schema.caching is None:
        yield "not stored: the schema has no @cacheControl."
        return
    if operation.kind != "query":
        yield f"not stored: responses to a {operation.kind} never are."
        if known is not None:
            groups = ", ".join(known.groups.described()) or "nothing: see @cacheGroups"
            yield f"invalidates {groups}"
        return
    rules = dict(narrowing_rules(operation.read(), sorted(operation.coordinates)))
    ages = {name: rule.max_age for name, rule in rules.items() if rule.max_age is not None}
    if not ages:
        yield "not stored: it selects no field of the schema."
        return
    max_age = min(ages.values())
    scope = max(rule.scope for rule in rules.values())
    yield _SENT[scope.name].format(max_age) if max_age else "Cache-Control: no-store"
    deciding = {name: rules[name].age_reason for name, age in ages.items() if age == max_age}
    better = min((age for age in ages.values() if age > max_age), default=0)
    change = f"{better} s, if that had another maxAge" if better else ""
    yield from _lines("seconds", f"{max_age}", deciding, change)
    deciding = {name: rule.scope_reason for name, rule in rules.items() if rule.scope == scope}
    next_scope = max((rule.scope for rule in rules.values() if rule.scope < scope), default=scope)
    change = f"{_SHARED[next_scope.name]}, without that" if next_scope < scope else ""
    if scope.name == "UNDECLARED":
        change = "by everybody, if that said scope: PUBLIC"
    yield from _lines("shared", _SHARED[scope.name], deciding if scope else {}, change)
    if known is not None:
        yield f"groups   {', '.join(known.groups.described()) or 'none: see @cacheGroups'}"


def _lines(name: str, value: str, reasons: dict[str, str], change: str) -> Iterator[str]:
    yield f"{name:<9}{value}"
    for coordinate, reason in reasons.items():
        yield f"         because of {coordinate}: {reason}"
    if change:
        yield f"         possible: {change}"


_SENT = {
    "PUBLIC": "Cache-Control: public, s-maxage={}",
    "UNDECLARED": "Cache-Control: public, s-maxage={0};"
    " private, max-age={0} if the endpoint has auth and the request no Cache-Audience",
    "AUDIENCE": "Cache-Control: public, s-maxage={0}; private, max-age={0} without Cache-Audience",
    "PRIVATE": "Cache-Control: private, max-age={}",
}

_SHARED = {
    "PUBLIC": "by everybody",
    "UNDECLARED": "by everybody; if the endpoint has auth, by callers with the same scopes",
    "AUDIENCE": "by callers with the same scopes and tenant",
    "PRIVATE": "not at all",
}
