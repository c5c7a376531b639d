"""The playground in Chromium, as a person uses it: type, run, read the answer, read the schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect
from prometheus_client import CollectorRegistry
from starlette.responses import JSONResponse
from tests.chromium import Visit, chromium
from tests.serving import serving

from todo.api_server.app import create_app
from todo.api_server.database import Database
from trunkline.contrib.prometheus import PrometheusMetrics
from trunkline.server import Playground

DEFAULT_QUERY = "query Everything {\n  todos {\n    text\n  }\n}"


def application(database: Path) -> Callable[..., Awaitable[None]]:
    """Serve the example, whose playground is Starlette's.

    At `/bare` it is in no framework; at `/closed` its endpoint wants a token, which it gives.
    """
    metrics = PrometheusMetrics(CollectorRegistry())
    todo = create_app(Database(f"sqlite:///{database}"), None, metrics, playground=True)
    playground = Playground("Todo", "/graphql", query=DEFAULT_QUERY)

    async def visitor_token() -> str:
        return "sesame"

    closed = Playground("Todo", "/closed/graphql", query=DEFAULT_QUERY, visitor_token=visitor_token)

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/bare"):
            await playground({**scope, "root_path": "/bare"}, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/closed/graphql":
            if (b"authorization", b"Bearer sesame") in scope["headers"]:
                await todo({**scope, "path": "/graphql"}, receive, send)
            else:
                await JSONResponse({"errors": [{"message": "Who?"}]}, 401)(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith("/closed"):
            await closed({**scope, "root_path": "/closed"}, receive, send)
        else:
            await todo(scope, receive, send)

    return app


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(application(tmp_path_factory.mktemp("site") / "todo.sqlite3")) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


class GraphiQLVisit(Visit):
    """A visit to the playground."""

    @property
    def editor(self) -> Any:
        return self.page.locator(".graphiql-query-editor")

    @property
    def answer(self) -> Any:
        return self.page.locator(".graphiql-response")

    def write_query(self, text: str) -> None:
        self.editor.locator(".view-lines").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text, delay=10)
        self.page.keyboard.press("Escape")  # closes the list of completions

    def assert_nothing_came_from_elsewhere(self, site: str) -> None:
        assert [url for url in self.requests if not url.startswith(f"{site}/")] == []
        assert f"{site}/graphql" in self.requests


@pytest.fixture
def visit(browser: Browser) -> Iterator[GraphiQLVisit]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    yield GraphiQLVisit(page)
    page.context.close()


def test_a_query_is_typed_and_answered_and_the_schema_read(visit: GraphiQLVisit, site: str) -> None:
    page = visit.page
    page.goto(f"{site}/playground/")
    expect(page).to_have_title("Todo")
    expect(page.locator(".graphiql-logo")).to_have_text("Todo")

    visit.write_query("query Titles { todos { todoID title } }")
    expect(page.locator(".graphiql-tab")).to_contain_text("Titles")  # GraphiQL has parsed it
    page.keyboard.press("ControlOrMeta+Enter")
    expect(visit.answer).to_contain_text("Buy oats")
    expect(visit.answer).to_contain_text("Call the dentist")

    page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = page.locator(".graphiql-doc-explorer")
    docs.get_by_role("link", name="Mutation").click()
    expect(docs).to_contain_text("createTodo(todo: TodoInput!): Todo")
    docs.get_by_role("link", name="Todo", exact=True).click()
    expect(docs).to_contain_text("title: String!")

    visit.assert_nothing_came_from_elsewhere(site)
    visit.assert_nothing_was_refused()


def test_the_workers_complete_names_and_underline_mistakes(visit: GraphiQLVisit, site: str) -> None:
    page = visit.page
    page.goto(f"{site}/playground/")
    visit.write_query("{ todos { todoID bogus")
    expect(visit.editor.locator(".squiggly-error").first).to_be_visible()

    visit.editor.locator(".view-lines").click()
    page.keyboard.press("End")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.type("{ todos { ti", delay=10)
    expect(page.locator(".suggest-widget")).to_contain_text("title")

    visit.assert_nothing_came_from_elsewhere(site)
    visit.assert_nothing_was_refused()


@pytest.mark.parametrize("path", ["/playground", "/bare"])
def test_a_trailing_slash_is_added(visit: GraphiQLVisit, site: str, path: str) -> None:
    visit.page.goto(f"{site}{path}")
    expect(visit.page).to_have_url(f"{site}{path}/")
    expect(visit.editor).to_be_visible()
    visit.assert_nothing_was_refused()


def test_a_profile_is_a_table_beside_the_answer(visit: GraphiQLVisit, site: str) -> None:
    page = visit.page
    page.goto(f"{site}/playground/")
    page.get_by_label("Profile").check()
    page.get_by_role("button", name="Execute query").click()
    expect(page.locator(".profile thead")).to_contain_text("timeowncallsparentsitemsSQLSQL time")
    todos = page.locator(".profile tbody tr", has_text="todos").locator("th, td")
    expect(todos.first).to_have_attribute("title", "Query.todos")
    assert todos.all_inner_texts()[3:7] == ["1", "", "3", "1"]
    expect(visit.answer).to_contain_text("Buy oats")
    expect(visit.answer).not_to_contain_text("extensions")

    page.get_by_label("Profile").uncheck()
    page.get_by_role("button", name="Execute query").click()
    expect(page.locator(".profile table")).to_be_hidden()
    visit.assert_nothing_was_refused()


def test_the_suggested_query_runs(visit: GraphiQLVisit, site: str) -> None:
    page = visit.page
    page.goto(f"{site}/bare/")
    expect(visit.editor).to_contain_text("query Everything")
    page.get_by_role("button", name="Execute query").click()
    expect(visit.answer).to_contain_text("The coarse ones.")
    visit.assert_nothing_came_from_elsewhere(site)
    visit.assert_nothing_was_refused()


def test_where_a_token_is_wanted_it_says_so_and_gets_one(visit: GraphiQLVisit, site: str) -> None:
    page = visit.page
    page.goto(f"{site}/closed/")
    says = page.get_by_role("status")
    expect(says).to_contain_text('Write it under Headers, below the query: {"Authorization": "Be')
    page.get_by_role("button", name="Get a token").click()
    expect(says).to_contain_text("A new token is under Headers.")
    page.get_by_role("button", name="Execute query").click()
    expect(visit.answer).to_contain_text("The coarse ones.")
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.get_by_role("link", name="TodoInput")).to_be_visible()  # the schema was read again


def test_a_refusal_that_arrives_late_does_not_hide_the_token(
    visit: GraphiQLVisit, site: str
) -> None:
    page = visit.page
    sent, held = list[Route](), list[Route]()

    def hold_second(route: Route) -> None:
        sent.append(route)
        if len(sent) == 2:
            held.append(route)
        else:
            route.continue_()

    page.route("**/closed/graphql", hold_second)
    page.goto(f"{site}/closed/")
    page.get_by_role("button", name="Get a token").click()
    says = page.get_by_role("status")
    expect(says).to_contain_text("A new token is under Headers.")
    with page.expect_response("**/closed/graphql") as late:
        held[0].continue_()
    assert late.value.status == 401
    page.evaluate("() => new Promise(resolve => setTimeout(resolve, 100))")
    assert "A new token" in (says.text_content() or "")


def test_where_no_token_is_wanted_nothing_is_said_of_one(visit: GraphiQLVisit, site: str) -> None:
    visit.page.goto(f"{site}/bare/")
    expect(visit.editor).to_contain_text("query Everything")
    visit.page.get_by_role("button", name="Execute query").click()
    expect(visit.answer).to_contain_text("The coarse ones.")
    expect(visit.page.locator(".graphiql-footer")).to_be_hidden()
