"""A request that is profiled gets the same answer: any schema, any data, any request."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from tests.property.engines import Ours
from tests.property.examples import Example, examples
from tests.property.test_engine import fewer

from trunkline.compiler.pipeline import compile_operation
from trunkline.server.present import encode
from trunkline.server.profiling import OperationProfile, profiled


@fewer
@given(examples())
def test_a_profile_changes_no_answer(example: Example) -> None:
    ours, request = Ours(example.sdl, example.plan), example.request
    expected = ours.answer(request)
    operation = compile_operation(profiled(ours.schema), request.text, request.operation_name)
    for takes_json in (False, True):
        profile = OperationProfile()
        with profile:
            answer = ours.run(operation, request, takes_json=takes_json)
        assert encode({"data": answer.data}) == encode({"data": expected.data})
        if operation.is_async:
            assert Counter(answer.calls) == Counter(expected.calls)
        else:
            assert (answer.errors, answer.calls) == (expected.errors, expected.calls)
        assert profile.told(in_time=True)["ms"] > 0
        operation.inline()
