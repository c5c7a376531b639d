"""The tree of errors: as drawn, as defined, and as exported."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pkgutil import walk_packages

import pytest
from tools.reference import DOORS

import trunkline
from trunkline import errors
from trunkline.errors import RequestError, TrunklineError

_LINE = re.compile(r"^    ([│├└─ ]*)(\w+Error)\b")
ALSO_EXPORTED = {"trunkline.auth": {"AccessDeniedError", "TokenError"}}


def defined() -> dict[str, type]:
    """Return the errors that `trunkline.errors` defines, by name."""
    return {
        name: each
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, TrunklineError)
    }


def drawn() -> dict[str, str]:
    """Read the tree at the head of `trunkline.errors`: the parent of each error."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = _LINE.match(line)
        if found:
            depth, name = len(found[1]), found[2]
            above = [each for each in above if each[0] < depth]
            parents[name] = above[-1][1] if above else "Exception"
            above.append((depth, name))
    return parents


def test_the_tree_that_is_drawn_is_that_of_the_classes() -> None:
    assert drawn() == {name: each.__bases__[0].__name__ for name, each in defined().items()}


def test_every_error_is_defined_there() -> None:
    for module in walk_packages(trunkline.__path__, "trunkline."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    open_, found = [TrunklineError], set[str]()
    while open_:
        each = open_.pop()
        if each.__module__.startswith("trunkline"):
            found.add(f"{each.__module__}.{each.__name__}")
        open_ += each.__subclasses__()
    assert found == {f"trunkline.errors.{name}" for name in defined()}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_exports_the_errors_that_the_head_says(door: str) -> None:
    exported = set(import_module(door).__all__) & set(defined())
    assert exported == (set(defined()) if door == "trunkline" else ALSO_EXPORTED.get(door, set()))


@pytest.mark.parametrize("error", defined().values(), ids=lambda each: each.__name__)
def test_each_error_says_what_it_means(error: type) -> None:
    assert vars(error).get("__doc__")
    if issubclass(error, RequestError) and "code" in vars(error):
        assert f"``{error.code}``" in (error.__doc__ or "")
    if error.__bases__ == (RequestError,):
        assert "code" in vars(error)
