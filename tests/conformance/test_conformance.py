"""graphql-core's own tests of its executor pass on our engine, save for differences by decision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fnmatch import filter as filter_names
from fnmatch import fnmatchcase

import pytest
from tests.conformance.known_differences import ARGUMENTS, known_tests
from tests.conformance.running import Outcome, run
from tests.conformance.sdists import SDISTS, unpacked


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Outcome]]:
    sources = [unpacked(version) for version in SDISTS]
    folders = [tmp_path_factory.mktemp(version) for version in SDISTS]
    with ThreadPoolExecutor() as threads:
        return dict(zip(SDISTS, threads.map(run, sources, folders), strict=True))


def _failed(outcomes: dict[str, list[Outcome]]) -> list[tuple[str, Outcome]]:
    return [
        (version, outcome)
        for version, all_ in outcomes.items()
        for outcome in all_
        if outcome.outcome == "failed"
    ]


def test_what_fails_is_known(outcomes: dict[str, list[Outcome]]) -> None:
    unknown = [
        f"{version} {outcome.test}\n{outcome.message}"
        for version, outcome in _failed(outcomes)
        if not ARGUMENTS.keys() & outcome.called
        and not any(fnmatchcase(outcome.test, name) for name in known_tests())
    ]
    assert not unknown, "\n\n".join(unknown)


def test_what_is_known_fails(outcomes: dict[str, list[Outcome]]) -> None:
    failed = [outcome.test for _, outcome in _failed(outcomes)]
    assert [name for name in known_tests() if not filter_names(failed, name)] == []
    used = {argument for _, outcome in _failed(outcomes) for argument in outcome.called}
    assert ARGUMENTS.keys() - used == set()


@pytest.mark.parametrize(("version", "least"), [("3.2.14", 305), ("3.3.2", 425)])
def test_enough_pass(outcomes: dict[str, list[Outcome]], version: str, least: int) -> None:
    """Those that execute nothing are not counted."""
    passed = [each for each in outcomes[version] if each.outcome == "passed" and each.called]
    assert len(passed) >= least
