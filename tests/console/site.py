"""The console in a site, as a test visits it."""

from __future__ import annotations

from collections.abc import MutableMapping
from html.parser import HTMLParser
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from trunkline.console import Console

__all__ = ["Table", "everybody", "mounted", "site_of"]


async def everybody(scope: MutableMapping[str, Any]) -> bool:
    return bool(scope["type"] == "http")


def mounted(usage: str, **options: Any) -> Starlette:
    """Return a site with a console that everybody may see, if nothing else is said."""
    options = {"may_see": everybody, **options}
    return Starlette(routes=[Mount("/console", Console(usage, **options))])


def site_of(usage: str, **options: Any) -> TestClient:
    """Return what visits such a site."""
    return TestClient(mounted(usage, **options))


class Table(HTMLParser):
    """The rows of a page's last table, each as its cells' texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_in_table = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # HTMLParser's
        if tag == "table":
            self._is_in_table, self.rows = True, []
        elif tag == "tr":
            self.rows.append([])
        elif tag in {"th", "td"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._is_in_table = False

    def handle_data(self, data: str) -> None:
        if self._is_in_table and self.rows and self.rows[-1]:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]} {data}".split())
