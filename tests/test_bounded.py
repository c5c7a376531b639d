"""The one bounded mapping: what it keeps, what it forgets, and that its sum is right."""

from __future__ import annotations

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from trunkline.bounded import BoundedMapping


def test_the_least_recently_used_entry_goes_first() -> None:
    mapping = BoundedMapping[str, int](2)
    mapping.put("a", 1)
    mapping.put("b", 2)
    assert mapping.get("a") == 1  # used now, so "b" is the oldest
    mapping.put("c", 3)
    assert "b" not in mapping
    assert (mapping.get("a"), mapping.get("c"), len(mapping)) == (1, 3, 2)


def test_an_entry_above_the_limit_is_not_kept_and_removes_the_old_one() -> None:
    mapping = BoundedMapping[str, bytes](10, lambda _, value: len(value))
    mapping.put("a", b"12345")
    mapping.put("a", b"12345678901")
    assert mapping.get("a") is None
    assert len(mapping) == 0


@given(
    limit=st.integers(0, 12),
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "get", "remove"]), st.integers(0, 5), st.integers(0, 6))
    ),
)
def test_it_agrees_with_a_plain_model(limit: int, steps: list[tuple[str, int, int]]) -> None:
    mapping = BoundedMapping[int, int](limit, lambda _, weight: weight)
    model: OrderedDict[int, int] = OrderedDict()
    for step, key, weight in steps:
        if step == "get":
            assert mapping.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
        else:
            model.pop(key, None)
            mapping.remove(key)
        if step == "put":
            mapping.put(key, weight)
            if weight <= limit:
                model[key] = weight
                while sum(model.values()) > limit:
                    model.popitem(last=False)
        assert len(mapping) == len(model)
    assert {key: mapping.get(key) for key in model} == dict(model)


def test_another_thread_may_remove_what_is_just_read() -> None:
    mapping = BoundedMapping[str, int](3)
    mapping.put("a", 1)

    class Removing(str):
        """Is removed between the first look at it and the second."""

        __slots__ = ("looks",)

        def __hash__(self) -> int:
            self.looks = getattr(self, "looks", 0) + 1
            if self.looks == 2:
                mapping.remove("a")
            return super().__hash__()

    assert mapping.get(Removing("a")) == 1
    assert "a" not in mapping
