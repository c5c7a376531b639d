"""The system's Chromium, and a page that notes what it asked for and complained of."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.giving_up import program

__all__ = ["PATIENCE", "Visit", "chromium"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # as on a machine with no network
]
PATIENCE = 60_000  # milliseconds, for a machine that is busy with other tests

# What a browser tells a page about its policy, kept where the test can read it.
_WATCH_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""


@contextmanager
def chromium() -> Generator[Browser]:
    """Run Chromium as long as the ``with`` statement lasts; without one, the test is given up."""
    path = program(*_NAMES, package="chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_ARGS)
        try:
            yield running
        finally:
            running.close()


class Visit:
    """A page, and all that it asked for and complained of while it was open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.add_init_script(_WATCH_POLICY)
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type in {"error", "warning"}
                else None
            ),
        )

    def assert_nothing_was_refused(self) -> None:
        assert self.page.evaluate("window.violations") == []
        assert self.complaints == []
