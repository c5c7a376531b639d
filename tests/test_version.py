"""The version, with and without the metadata of an installed package."""

from __future__ import annotations

from importlib.metadata import Distribution, PackageNotFoundError, version
from pathlib import Path

import pytest
from graphql import parse
from typer.testing import CliRunner

from trunkline.cli.commands import app
from trunkline.client.calls import client_headers
from trunkline.schema.saved import read_saved, write_saved
from trunkline.version import VERSION


def test_it_is_that_of_the_installed_package() -> None:
    assert version("trunkline") == VERSION


def test_frozen_programs_and_zipapps_have_no_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(_class: type, name: str) -> Distribution:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(Distribution, "from_name", classmethod(find))
    assert client_headers(None, None)["user-agent"] == f"trunkline/{VERSION}"
    assert CliRunner().invoke(app, ["--version"]).stdout == f"trunkline {VERSION}\n"
    saved, text = tmp_path / "saved", "type Query { one: Int }"
    write_saved(saved, [text], parse(text))
    assert read_saved(saved, [text])
