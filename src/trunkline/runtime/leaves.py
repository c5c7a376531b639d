"""Reading an object's leaves one by one: where nothing is written out for them, or something fails.

A document that was never seen before is executed so at first, for writing out and compiling the
text of a leaf costs more than reading it a hundred times. Compiled text reads a row of leaves under
one ``try``, and comes here to find out which of them has failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from trunkline.runtime.execution import Execution
from trunkline.runtime.failures import FieldFailure
from trunkline.runtime.marks import Mark

__all__ = ["PlainLeaf", "add_leaves", "reread"]


class PlainLeaf(NamedTuple):
    """A scalar or an enum that an object itself has: how it is read, and completed.

    Values of exactly ``plain_type`` need no completing.
    """

    key: str
    read: Callable[[Any], Any]
    plain_type: type | None
    complete: Callable[[Any], Any]
    nullable: bool
    mark: Mark


def add_leaves(
    execution: Execution,
    entry: dict[str, Any],
    leaves: Sequence[PlainLeaf],
    parent: Any,
    *indices: int,
) -> None:
    """Put an object's leaves into its ``entry``."""
    for leaf in leaves:
        key, read, plain_type, complete, _, _ = leaf
        try:
            value = read(parent)
            entry[key] = value if type(value) is plain_type else complete(value)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the field's
            entry[key] = _null(execution, leaf, FieldFailure(error, leaf.mark, indices))


def reread(
    execution: Execution,
    error: Exception,
    leaves: Sequence[PlainLeaf],
    parent: Any,
    *indices: int,
) -> list[Any]:
    """Read a row of leaves again, one of which has just failed in the text that calls this.

    What has failed stays so, with the traceback that it had.
    """
    failure = execution.locate(error, *indices)
    return [
        _null(execution, leaf, failure)
        if leaf.mark is failure.mark
        else _value(execution, leaf, parent, indices)
        for leaf in leaves
    ]


def _value(execution: Execution, leaf: PlainLeaf, parent: Any, indices: tuple[int, ...]) -> Any:
    try:
        return leaf.complete(leaf.read(parent))
    except Exception as error:  # noqa: BLE001  # as above
        return _null(execution, leaf, FieldFailure(error, leaf.mark, indices))


def _null(execution: Execution, leaf: PlainLeaf, failure: FieldFailure) -> Any:
    """Record an error where null may be; else let it go on to where null may be."""
    if not leaf.nullable:
        raise failure
    execution.fail(failure)
    return None
