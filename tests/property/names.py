"""Names for random schemas: each of them once broke some generator of code, or might."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from trunkline.text.names import snake_case

__all__ = ["ENUM_VALUES", "FIELDS", "INPUTS", "TYPES", "distinct"]

_LONG = "AnExceedinglyLongNameThatIsCutSomewhere"  # two that differ only in their last letters

TYPES = (
    *("Thing", "Other", "T", "Exception", "type", "list", "None", "str", "self", "_", "_T"),
    *("OPERATION", "MARK", "ALIAS", "CONSTANT", "Model_type", "Thing_or_null", "Int_or_null"),
    *("HTTPServer", "Query_a", "value", "lookup", "Execution", f"{_LONG}One", f"{_LONG}Two"),
    f"{_LONG * 3}Three",
)

_COMMON = (
    *("a", "b", "id", "name", "title", "c1", "x_", "_", "_y", "camelCase", "camel_case", "userIDs"),
    *("class", "None", "True", "async", "match", "type", "print", "len", "self", "cls", "context"),
    *("f" * 40, _LONG[:30].lower() + "_one", _LONG[:30].lower() + "_two", (_LONG * 3).lower()),
)

FIELDS = (
    *_COMMON,
    *("result", "value", "values", "entry", "execution", "error", "awaitable", "index_0", "info"),
    *("complete_Query_a", "complete_query_a", "resolve_query_a", "check_Thing", "lookup"),
    *("to_list", "present", "build_arguments", "Thing", "OPERATION", "MARK", "items", "get"),
)

INPUTS = (*_COMMON, "parent", "execution", "value", "if", "from")

ENUM_VALUES = ("RED", "green", "None", "True", "class", "type", "_", "A", "B2", "name", "value")


def distinct(
    pool: Sequence[str], least: int, most: int, *, as_python: bool = False
) -> st.SearchStrategy[list[str]]:
    """Some of the names; none that another becomes too when it is written Python's way."""
    return st.lists(
        st.sampled_from(pool),
        min_size=least,
        max_size=most,
        unique_by=snake_case if as_python else lambda name: name,
    )
