"""Where our engine differs from graphql-core's by decision, test by test of graphql-core's."""

from __future__ import annotations

__all__ = ["ARGUMENTS", "TESTS", "known_tests"]

ARGUMENTS: dict[str, str] = {
    "abort_signal": "Ours is given up by cancelling its task, as all of asyncio is.",
    "executor_class": "Its methods are the steps of an interpreter; compiled code has none.",
    "hooks": "They tell when graphql-core's own background work is over; ours leaves none.",
}
"""Arguments of graphql-core's own that ours have not: a test that uses one fails."""

TESTS: dict[str, tuple[str, ...]] = {
    "`@defer` and `@stream` are not in the specification; ours does not know them.": (
        "subscribe.py::*::subscribe_function_returns_errors_with_defer",
        "subscribe.py::*::subscribe_function_returns_errors_with_stream",
        "sync.py::*::throws_if_encountering_async_iterable_execution_with_check_sync",
        "sync.py::*::throws_if_encountering_async_iterable_execution_without_check_sync",
    ),
    "Fragments with arguments are not in the specification.": (
        "variables.py::*::describe_using_fragment_arguments::*",
        "variables.py::*::allows_custom_scalars_with_embedded_fragment_variables",
        "variables.py::*::allows_custom_scalars_with_embedded_nested_fragment_variables",
    ),
    "`@experimental_disableErrorPropagation` is not in the specification.": (
        "error_propagation.py::*::with_experimental_disable_error_propagation_returns_null",
    ),
    "The errors of fields that are awaited come in the order in which they are met (§7.1.2).": (
        "nonnull.py::*::describe_nulls_a_complex_tree_of_nullable_fields_each::throws",
    ),
    "Below a null no more errors are looked for (§6.4.4): one is told where the test wants two.": (
        "nonnull.py::*::nullable_and_non_nullable_root_fields_throw_nested_errors",
        "nonnull.py::*::slower_nullable_after_non_nullable_root_field",
        "nonnull.py::*::nullable_and_non_nullable_nested_fields_throw_nested_errors",
        "nonnull.py::*::slower_nullable_after_non_nullable_nested_field",
    ),
    "What an error has made moot is not begun (§6.4.4 allows it); the test awaits that it is.": (
        "executor.py::*::handles_sync_errors_combined_with_async_ones_in_async_context",
        "lists.py::*::handles_mixture_of_sync_and_async_errors_in_async_iterables",
        "parallel.py::*::describe_cancel_on_exception::cancel_selection_sets",
        "parallel.py::*::describe_cancel_on_exception::cancel_lists",
        "parallel.py::*::describe_cancel_on_exception::cancel_async_iterators",
    ),
    "After an error no more of a list is read; the test counts that graphql-core reads it all.": (
        "lists.py::*::drains_the_iterator_when_next_throws",
        "lists.py::*::drains_the_iterator_when_a_null_bubbles_up_from_a_non_null_item",
        "lists.py::*::handles_iterator_errors_with_later_pending_awaitables",
        "lists.py::*::handles_sync_errors_with_later_pending_awaitables",
    ),
    "Asynchronous lists are read to their end before an item is looked at; this one has no end.": (
        "lists.py::*::calls_aclose_when_non_null_list_item_errors",
    ),
    "`info` has the members of graphql-core's tuple, and is none; the test compares tuples.": (
        "executor.py::*::provides_info_about_current_execution_state",
    ),
    "An operation is compiled whole: selections that are too deep refuse it, not one field.": (
        "too_deeply_nested_selections.py::*::reports_a_too_deep_chain_inside_a_field_as_a_field_error",
    ),
    "The test replaces a function within graphql-core's executor.": (
        "too_deeply_nested_selections.py::*::does_not_keep_the_frames_of_the_recursion_alive",
    ),
}
"""Tests that fail, in ``tests/execution``, by why they do; ``*`` stands for anything."""


def known_tests() -> list[str]:
    """List the tests in ``TESTS`` as pytest names them."""
    return [f"tests/execution/test_{name}" for names in TESTS.values() for name in names]
