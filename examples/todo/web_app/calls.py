"""What the web app's backend asks of the API server: each call, and its response, printed."""

import json
from pathlib import Path
from typing import Any

from trunkline import Client, ValidationError, gql
from trunkline.auth import ClientCredentials
from trunkline.client import Document
from trunkline.client.transports.requests import RequestsHTTPTransport

OPERATIONS = Path(__file__).with_name("operations")  # what is published, `trunkline publish`
VERSION = "1.0"

ALL_TODOS = gql(OPERATIONS / "all_todos.graphql")
CREATE_TODO = gql(OPERATIONS / "create_todo.graphql")
ONE_TODO = gql(OPERATIONS / "one_todo.graphql")

MISSPELT = gql("query Misspelt { todos { todoID titel } }")


def make_calls(url: str, credentials: ClientCredentials | None) -> None:
    """Call the API server at ``url`` the way the web app does, with its credentials."""
    with Client(
        transport=RequestsHTTPTransport(url),
        auth=credentials,
        fetch_schema_from_transport=True,
        name="web-app",
        version=VERSION,
    ) as client:
        call(client, ALL_TODOS)
        new = {"title": "Another thing I need to remember", "text": "A very long text"}
        created = call(client, CREATE_TODO, {"todo": new})
        call(client, ONE_TODO, {"id": created["createTodo"]["todoID"]})
        try:
            call(client, MISSPELT)
        except ValidationError as error:
            print(f"found before any request was sent: {error}\n", flush=True)


def call(
    client: Client, document: Document, variables: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Make a call; print it and its response."""
    print(f"── {str(document).strip()}", flush=True)
    if variables:
        print(f"with {json.dumps(variables)}", flush=True)
    data = client.execute(document, variables)
    print(f"response {json.dumps(data, indent=2)}\n", flush=True)
    return data
