"""Q-16, Q-17: what a flood of documents may cost is bounded, in lines run and in bytes kept."""

from __future__ import annotations

import gc
import linecache
import traceback
import tracemalloc
from collections.abc import Callable

import pytest
from tests.compiler.library import library
from tests.compiler.work import lines_run
from tests.faults.both import Both

from trunkline.compiler.cache import OperationCache
from trunkline.compiler.limits import Limits
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine import run_sync
from trunkline.errors import LimitExceededError, RequestError
from trunkline.text.names import Names

SCHEMA = library()


def many(template: str, count: int) -> str:
    return " ".join(template.replace("#", str(number)) for number in range(count))


def test_q16_a_name_costs_the_same_however_often_it_was_given() -> None:
    def give(times: int) -> None:
        names = Names()
        for _ in range(times):
            names.give("ALIAS")

    assert lines_run(lambda: give(400)) <= 2.2 * lines_run(lambda: give(200))


@pytest.mark.parametrize(
    "selection",
    ["a#: title", "a#: related(first: #) { id }", "a#: author { name }", "a#: copies"],
    ids=["attributes", "objects", "awaited", "batches"],
)
def test_q16_compiling_costs_as_a_document_grows(selection: str) -> None:
    def compile_(count: int) -> Callable[[], object]:
        text = "{ books { " + many(selection, count) + " } }"
        return lambda: compile_operation(SCHEMA, text, limits=Limits(cost=None))

    assert lines_run(compile_(400)) <= 2.2 * lines_run(compile_(200))


REFUSED = {
    "tokens": lambda n: "{ x" + str(n) + "@aa" * 6_000 + " }",
    "syntax": lambda n: "{ x" + str(n) + " " + many("a#: count", 1_400),
    "unknown fields": lambda n: "{ x" + str(n) + " " + many("a#: nope", 1_400) + " }",
    "fields": lambda n: "{ x" + str(n) + ": count " + many("a#: count", 1_500) + " }",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_q16_a_refusal_that_is_remembered_holds_no_tokens_and_nodes(kind: str) -> None:
    operations = OperationCache(SCHEMA)
    texts = [REFUSED[kind](number) for number in range(10)]
    with pytest.raises(RequestError):
        operations.get("{ nope }")
    gc.collect()
    tracemalloc.start()
    try:
        for text in texts:
            with pytest.raises(RequestError):
                operations.get(text)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept / len(texts) <= 100_000  # bytes: a text of 18,000 and 51 errors


def test_q16_tracebacks_of_forgotten_operations_are_forgotten() -> None:
    """What formats a traceback fills `linecache`, which keeps a loader's lines for ever."""

    def fail() -> int:
        raise ValueError("on purpose")

    operations = OperationCache(
        Both("type Query { n: Int }", {"Query.n": fail}).schema, Limits(memory=50_000)
    )
    before = set(linecache.cache)
    for number in range(20):
        (error,) = run_sync(operations.get(f"{{ a{number}: n }}"), None).errors
        assert error.original_error
        assert "resolve_query_n()" in "".join(traceback.format_exception(error.original_error))
        error.original_error = None
    gc.collect()
    ours = [name for name in set(linecache.cache) - before if name.startswith("query-")]
    assert len(ours) <= 4


def test_q01_a_depth_that_the_limits_allow_is_compiled_or_refused_in_words() -> None:
    text = "{ book(id: 1) " + "{ related(first: 1) " * 188 + "{ id }" + " }" * 189
    limits = Limits(depth=200)
    try:
        compile_operation(SCHEMA, text, limits=limits)
    except LimitExceededError as error:
        assert "nested too deeply" in str(error)  # noqa: PT017
