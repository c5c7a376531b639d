"""Our engine answers as graphql-core does, whatever the schema, the data and the request.

``TRUNKLINE_FUZZ_EXAMPLES`` says how many examples there are (a few hundred if it does not).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.property import corpus
from tests.property.allowance import bubbles, field_types, objections
from tests.property.engines import Answer, Core, Ours
from tests.property.examples import Example, examples
from tests.property.literals import MARKER

from trunkline.server.present import encode

EXAMPLES = int(os.environ.get("TRUNKLINE_FUZZ_EXAMPLES", "75"))

fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
fewer = settings(fuzz, max_examples=max(EXAMPLES // 3, 1))


@pytest.mark.filterwarnings(
    r"ignore:coroutine '(Executor|Core\._resolver):RuntimeWarning",
    "ignore:Exception ignored in. <coroutine obj:pytest.PytestUnraisableExceptionWarning",
)  # graphql-core's own
@fuzz
@given(examples())
def test_answers_are_graphql_cores(example: Example) -> None:
    ours, core = Ours(example.sdl, example.plan), Core(example.sdl, example.plan)
    expected, actual = core.answer(example.request), ours.answer(example.request)

    assert _text(actual.data) == _text(expected.data)
    if ours.compile(example.request).is_async:
        _check_awaited(core, example, expected)
        _check_awaited(core, example, actual)
    else:
        assert actual.errors == expected.errors
        assert actual.calls == expected.calls
        again = ours.answer_at_once(example.request)
        assert _text(again.data) == _text(actual.data)
        assert (again.errors, again.calls) == (actual.errors, actual.calls)


def _check_awaited(core: Core, example: Example, answer: Answer) -> None:
    """Check an answer that depends on time; graphql-core's own too, to check the allowance."""
    every = core.answer(example.request, propagates=False)
    if any(not error.path for error in every.errors):  # variables that do not fit
        assert answer.errors == every.errors
        return
    types = field_types(core.definition, example.request)
    assert objections(answer.errors, every.errors, types) == []
    if bubbles(every.errors, types):
        assert not Counter(answer.calls) - Counter(every.calls)
    else:
        assert sorted(answer.calls) == sorted(every.calls)


@fuzz
@given(examples())
def test_both_texts_of_an_operation_do_the_same_and_so_does_native_code(example: Example) -> None:
    ours = Ours(example.sdl, example.plan)
    (short, short_reads), (long, long_reads), (native, reads) = ours.every_way(example.request)
    assert encode({"data": native.data}) == encode({"data": long.data})
    assert (native.errors, native.calls, reads) == (long.errors, long.calls, long_reads)
    assert _text(long.data) == _text(short.data)
    assert (long.errors, long.calls) == (short.errors, short.calls)
    assert long_reads == short_reads


@fewer
@given(examples())
def test_no_text_of_a_request_becomes_source(example: Example) -> None:
    source = Ours(example.sdl, example.plan).compile(example.request).source
    assert MARKER not in source
    assert source.isascii()


def test_ruff_would_write_the_same(tmp_path: Path) -> None:
    @fewer
    @given(examples())
    def write(example: Example) -> None:
        source = Ours(example.sdl, example.plan).compile(example.request).source
        (tmp_path / f"emitted_{hash(source)}.py").write_text(source, encoding="ascii")

    write()
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_text_does_not_depend_on_the_hash_seed(seed: str) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "tests.property.corpus"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONHASHSEED": seed},
    )
    assert printed.stdout == corpus.text()


def _text(data: object) -> str:
    """Write data so that the order of its keys and the kinds of its numbers count."""
    return json.dumps(data, indent=1, default=lambda value: type(value).__name__)
