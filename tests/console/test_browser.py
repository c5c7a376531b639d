"""The console in Chromium: wide and light, narrow and dark, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.chromium import Visit, chromium
from tests.console.counted import PROFILED, SCRIPT, SLOW, write_counts
from tests.console.site import mounted
from tests.serving import serving

from trunkline.observe.usage_counts import UsageBatch
from trunkline.observe.usage_store import UsageStore


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('console')}/usage.db"
    write_counts(url)
    UsageStore(url).write(UsageBatch(slow=[SLOW, PROFILED]), "other", 1)
    return url


@pytest.fixture(scope="module")
def site(usage: str) -> Iterator[str]:
    with serving(mounted(usage)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.mark.parametrize(
    ("options", "ground"),
    [
        ({"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}, (255, 255, 255)),
        (
            {
                "viewport": {"width": 360, "height": 740},
                "color_scheme": "dark",
                "java_script_enabled": False,
            },
            (20, 24, 31),
        ),
    ],
)
def test_a_person_finds_who_asks_what(
    browser: Browser, site: str, options: dict[str, Any], ground: tuple[int, int, int]
) -> None:
    context = browser.new_context(**options)
    try:
        visit = Visit(context.new_page())
        page = visit.page
        page.goto(f"{site}/console")
        expect(page.locator("body")).to_have_css("background-color", f"rgb{ground}")
        expect(page.get_by_role("img", name="Requests over time, at most 1,008")).to_be_visible()
        assert_fits(visit)
        page.get_by_role("link", name="Todos").click()
        page.get_by_role("link", name="7d").click()
        expect(page.get_by_role("row", name="billing 2.3.0 430")).to_be_visible()
        assert_fits(visit)
        page.get_by_role("link", name="Clients").click()
        page.get_by_role("link", name=SCRIPT).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(SCRIPT)
        assert_fits(visit)
        page.get_by_role("link", name="Slow requests").click()
        assert_fits(visit)
        page.get_by_role("link", name="800 ms").click()
        expect(page.get_by_role("listitem").filter(has_text="Todo.owner, 2 calls")).to_be_visible()
        assert_fits(visit)
        assert {url for url in visit.requests if not url.startswith(f"{site}/console")} == set()
        if options.get("java_script_enabled", True):
            visit.assert_nothing_was_refused()
    finally:
        context.close()


def assert_fits(visit: Visit) -> None:
    """Check that the page as a whole needs no scrolling from side to side."""
    sizes = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] <= sizes[1], visit.page.url


def test_charts_follow_what_is_counted(browser: Browser, tmp_path_factory: Any) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('live')}/usage.db"
    write_counts(url)
    context = browser.new_context()
    try:
        with serving(mounted(url)) as port:
            visit = Visit(context.new_page())
            visit.page.clock.install()
            visit.page.goto(f"http://127.0.0.1:{port}/console/")
            row = visit.page.get_by_role("row", name="Todos")
            expect(row).to_contain_text("1,000")
            write_counts(url, number=2)
            visit.page.clock.fast_forward(10_000)
            expect(row).to_contain_text("2,000")
            visit.assert_nothing_was_refused()
    finally:
        context.close()
