"""Case 19 with values of our own form: what says of which type a value is."""

from __future__ import annotations

from tests.faults.both import Both, answer

SDL = "type Query { a: Found } union Found = Cat | Dog type Cat { x: Int } type Dog { x: Int }"


class Told:
    """A value whose class says its type; Python calls the attribute ``_Told__typename``."""

    __typename = "Cat"
    x = 1


def test_19_a_class_may_say_the_type_in_its_own_body() -> None:
    got = Both(SDL, {"Query.a": Told}).check("{ a { __typename ... on Cat { x } } }")
    assert got == answer('{"a": {"__typename": "Cat", "x": 1}}')
