"""The pages on databases, run as they stand there: on SQLite, and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.test_docs import ROOT, Page, run
from tests.type_checkers import mypy

PAGES = ["sqlalchemy.md", "pagination.md", "batches.md"]


def written(name: str, folder: Path) -> Page:
    page = Page(ROOT / "docs" / name, 8080)
    page.write_files(folder)
    return page


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs(
    name: str,
    database: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/database"
    if database == "postgresql":
        url = request.getfixturevalue("new_database")().replace("://", "+asyncpg://")
    monkeypatch.setenv("DATABASE_URL", url)
    assert run("\n".join(written(name, tmp_path).programs), tmp_path) == ""


@pytest.mark.parametrize("name", PAGES)
def test_what_it_shows_has_types_that_hold(name: str, tmp_path: Path) -> None:
    programs = "\n".join(["# mypy: allow-redefinition", *written(name, tmp_path).programs])
    (tmp_path / "programs.py").write_text(programs, encoding="utf-8")
    said = mypy(tmp_path, "programs.py")
    assert "Success" in said, said
