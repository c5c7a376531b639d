"""A pytest plugin that runs graphql-core's tests on our engine, and writes down how each ended.

It is no part of the package `tests`, for that is what graphql-core's tests are in: they run in a
process of their own, with this folder on the path (`running.py`).
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from collections.abc import Callable, Generator
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from inspect import Signature, signature
from pathlib import Path
from typing import Any

import pytest

_SECONDS = 20
"""How long a test may take that is not known to fail."""

_called: set[str] = set()
"""What the test at hand has used: `execute`, and names of arguments that ours have not."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path, help="a file to write the outcomes to")
    parser.addoption("--engine", choices=["trunkline", "graphql-core"])
    parser.addoption("--known", action="append", default=[], help="tests that fail, or hang")


def pytest_configure(config: pytest.Config) -> None:
    config.getoption("--outcomes").write_text("")
    if config.getoption("--engine") == "trunkline":
        _swap_engines()


def pytest_collection_finish() -> None:
    gc.freeze()  # many of the tests collect garbage; what is there before them is none


# -- the engines --------------------------------------------------------------------------------


def _swap_engines() -> None:
    """Put our functions wherever graphql-core has its own, before tests import them."""
    engine = import_module("trunkline.engine")
    execution = import_module("graphql.execution.execute")
    swapped = {
        getattr(execution, name): _adapted(getattr(execution, name), getattr(engine, name))
        for name in ("execute", "execute_sync", "subscribe")
    }
    harness = import_module("graphql.harness").default_harness
    swapped[harness] = harness._replace(
        execute=swapped[harness.execute], subscribe=swapped[harness.subscribe]
    )
    for function in vars(import_module("graphql.graphql")).values():
        if defaults := getattr(function, "__defaults__", None):
            function.__defaults__ = tuple(_replaced(swapped, value) for value in defaults)
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "graphql":
            for key, value in list(vars(module).items()):
                setattr(module, key, _replaced(swapped, value))


def _replaced(swapped: dict[Any, Any], value: Any) -> Any:
    return next((ours for theirs, ours in swapped.items() if value is theirs), value)


def _adapted(theirs: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """Return our function, called by the names of the arguments that it is given.

    In theirs there are more that may be positional. Those that ours has not it refuses, unless
    they say nothing.
    """
    form, own = signature(theirs), signature(ours).parameters

    def call(*arguments: Any, **named: Any) -> Any:
        given = _given(form, *arguments, **named)
        _called.update(("execute", *given.keys() - own.keys()))
        return ours(**given)

    return call


def _given(form: Signature, *arguments: Any, **named: Any) -> dict[str, Any]:
    given = form.bind(*arguments, **named).arguments
    given |= given.pop("custom_context_args", {})
    default = {name: parameter.default for name, parameter in form.parameters.items()}
    return {name: value for name, value in given.items() if value is not default.get(name)}


# -- the tests ----------------------------------------------------------------------------------


class TooSlowError(BaseException):
    """A test has not ended."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Stop a test that hangs; one of which that is known, soon."""
    _called.clear()
    signal.signal(signal.SIGALRM, _stop)
    known = any(fnmatchcase(item.nodeid, name) for name in item.config.getoption("--known"))
    signal.setitimer(signal.ITIMER_REAL, 1 if known else _SECONDS)
    try:
        return (yield)
    except TooSlowError:
        pytest.fail("It hangs.")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        item.user_properties += [("called", name) for name in _called]


def _stop(_number: int, _frame: object) -> None:
    raise TooSlowError


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report: pytest.TestReport = yield
    if report.when == "call" or report.failed:
        _write(item.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    report: pytest.CollectReport = yield
    if report.failed:
        _write(collector.config, report)
    return report


def _write(config: pytest.Config, report: pytest.TestReport | pytest.CollectReport) -> None:
    called = [value for _, value in getattr(report, "user_properties", ())]
    entry = [report.nodeid, report.outcome, called, report.longreprtext[-2000:]]
    with _file(config).open("a") as file:
        file.write(json.dumps(entry) + "\n")


@cache
def _file(config: pytest.Config) -> Path:
    path: Path = config.getoption("--outcomes")
    return path.absolute()
