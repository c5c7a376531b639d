"""REST for the mobile clients: it was here first, and GraphQL beside it changes nothing in it."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, Router

from todo.api_server.models import NewTodo, Todo
from todo.api_server.todos import TodoRejectedError, Todos

MOST_BYTES = 65_536


def rest(todos: Todos) -> Router:
    """Return the REST API."""

    async def list_todos(_request: Request) -> JSONResponse:
        return JSONResponse([as_json(todo) for todo in await todos.all()])

    async def get_todo(request: Request) -> JSONResponse:
        todo = await todos.find(request.path_params["todo_id"])
        if todo is None:
            return JSONResponse({"error": "There is no such todo."}, 404)
        return JSONResponse(as_json(todo))

    async def create_todo(request: Request) -> JSONResponse:
        body = await read_body(request)
        if body is None:
            message = f"The body is larger than {MOST_BYTES} bytes."
            return JSONResponse({"error": message}, 413, {"Connection": "close"})
        try:
            todo = await todos.create(msgspec.json.decode(body, type=NewTodo))
        except msgspec.ValidationError as error:
            return JSONResponse({"error": str(error)}, 422)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return JSONResponse({"error": "The body is not JSON."}, 400)
        except TodoRejectedError as error:
            return JSONResponse({"error": str(error)}, 422)
        location = f"/api/todos/{todo.todo_id}"
        return JSONResponse(as_json(todo), 201, headers={"Location": location})

    return Router(
        routes=[
            Route("/todos", list_todos, methods=["GET"]),
            Route("/todos", create_todo, methods=["POST"]),
            Route("/todos/{todo_id}", get_todo, methods=["GET"]),
        ],
    )


async def read_body(request: Request) -> bytes | None:
    """Read a body, or nothing that is too large: Starlette and its server have no limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def as_json(todo: Todo) -> dict[str, Any]:
    """Show a todo as the mobile clients know it."""
    return {"todoID": str(todo.todo_id), "title": todo.title, "text": todo.text}
