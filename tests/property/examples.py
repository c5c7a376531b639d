"""Whole examples: a schema, where its values come from, and a request."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import build_schema, parse, validate, validate_schema
from hypothesis import assume
from hypothesis import strategies as st
from tests.property.data import Plan, plans
from tests.property.documents import Request, requests
from tests.property.schemas import definitions

__all__ = ["Example", "examples"]


@dataclass(frozen=True)
class Example:
    """All that an execution depends on."""

    sdl: str
    plan: Plan
    request: Request


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Draw an example; its document fits its schema."""
    sdl = draw(definitions())
    definition = build_schema(sdl)
    mistakes = [mistake.message for mistake in validate_schema(definition)]
    assert mistakes == [], mistakes
    request = draw(requests(definition))
    assume(not validate(definition, parse(request.text)))
    return Example(sdl, draw(plans(definition)), request)
