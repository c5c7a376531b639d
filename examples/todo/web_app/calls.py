"""What the web app's backend asks of the API server: each call, and its answer, printed."""

import json
from typing import Any

from trunkline import Client, ValidationError, gql
from trunkline.transport.requests import RequestsHTTPTransport

ALL_TODOS = gql("query AllTodos { todos { todoID title } }")

CREATE_TODO = gql("""
mutation CreateTodo($todo: TodoInput!) {
  createTodo(todo: $todo) { todoID title text }
}
""")

ONE_TODO = gql("query OneTodo($id: ID!) { todo(todoID: $id) { title text } }")

MISSPELT = gql("query Misspelt { todos { todoID titel } }")


def make_calls(url: str) -> None:
    """Call the API server at ``url`` the way the web app does."""
    with Client(
        transport=RequestsHTTPTransport(url),
        fetch_schema_from_transport=True,
        name="web-app",
        version="1.0",
    ) as client:
        show("All todos", client.execute(ALL_TODOS))
        new = {"title": "Another thing I need to remember", "text": "A very long text"}
        created = client.execute(CREATE_TODO, {"todo": new})
        show("A new one", created)
        todo_id = created["createTodo"]["todoID"]
        show("The new one, read back", client.execute(ONE_TODO, {"id": todo_id}))
        try:
            client.execute(MISSPELT)
        except ValidationError as error:
            print(f"── A mistake, found before any request was sent\n{error}\n", flush=True)


def show(title: str, answer: dict[str, Any]) -> None:
    """Print an answer under a title."""
    print(f"── {title}\n{json.dumps(answer, indent=2)}\n", flush=True)
