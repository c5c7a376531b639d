"""A new project that runs at once: the files that `trunkline init` begins with."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from string import Template

from trunkline.errors import TrunklineError
from trunkline.text.names import is_name

__all__ = ["scaffold"]


def _package_name(name: str) -> str:
    """Make a package's name of a project's: `my-api` → `my_api`.

    Raises ``TrunklineError`` if Python does not take the name, or another package has it.
    """
    package = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not is_name(package):
        raise TrunklineError(
            f"{name!r} cannot be made the name of a Python package. Try another, such as my-api."
        )
    if package in {"trunkline", "graphql", "test", "tests"} | sys.stdlib_module_names:
        raise TrunklineError(
            f"A package {package!r} would hide another one. Try another name, such as my-api."
        )
    return package


def scaffold(name: str) -> Mapping[str, str]:
    """Return the files of a new project by their paths, except what is generated."""
    package = _package_name(name)
    return {
        Template(path).substitute(package=package): Template(text.lstrip("\n")).substitute(
            package=package, name=package.replace("_", "-")
        )
        for path, text in _FILES.items()
    }


_PYPROJECT = """
[project]
name = "$name"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["trunkline[server]"]

[dependency-groups]
dev = ["trunkline[cli]", "mypy"]

[tool.trunkline]
schema = "schema"
# What is generated: leave it alone.
package = "$package.graph"
# Yours: stubs are added, nothing else changes.
resolvers = "$package.resolvers"
# What `trunkline serve` runs.
app = "$package.app:app"

# The classes that stand for types.
[tool.trunkline.models]
Todo = "$package.models:Todo"

[tool.mypy]
strict = true
"""

_SCHEMA = """
type Query {
  "Everything that there is to do, the oldest first."
  todos: [Todo!]!
}

type Mutation {
  "Remember something."
  createTodo(todo: TodoInput!): Todo!
  "Say that something is done; null if there is no such todo."
  completeTodo(todoID: ID!): Todo
}

"Something to do."
type Todo {
  todoID: ID!
  title: String!
  done: Boolean!
}

"What it takes to make a todo."
input TodoInput {
  title: String!
}
"""

_MODELS = '''
"""The business logic. It knows nothing of GraphQL."""

from dataclasses import dataclass


@dataclass
class Todo:
    """Something to do."""

    todo_id: str
    title: str
    done: bool = False


class Todos:
    """All todos, in memory; a database would stand here."""

    def __init__(self) -> None:
        self._todos = [Todo("1", "Read the schema"), Todo("2", "Add a field to it")]

    def all(self) -> list[Todo]:
        """Return every todo, the oldest first."""
        return list(self._todos)

    def create(self, title: str) -> Todo:
        """Keep a new todo."""
        todo = Todo(str(len(self._todos) + 1), title)
        self._todos.append(todo)
        return todo

    def complete(self, todo_id: str) -> Todo | None:
        """Mark a todo as done."""
        for todo in self._todos:
            if todo.todo_id == todo_id:
                todo.done = True
                return todo
        return None
'''

_RESOLVERS = '''
"""The schema's fields, resolved by the business logic."""

from $package import graph
from $package.graph.types import TodoInput
from $package.models import Todo, Todos


class QueryResolvers(graph.QueryResolvers):
    """Resolvers of `Query`."""

    def __init__(self, todos: Todos) -> None:
        self._todos = todos

    async def todos(self) -> list[Todo]:
        """Everything that there is to do, the oldest first."""
        return self._todos.all()


class MutationResolvers(graph.MutationResolvers):
    """Resolvers of `Mutation`."""

    def __init__(self, todos: Todos) -> None:
        self._todos = todos

    async def create_todo(self, *, todo: TodoInput) -> Todo:
        """Remember something."""
        return self._todos.create(todo.title)

    async def complete_todo(self, *, todo_id: str) -> Todo | None:
        """Say that something is done; null if there is no such todo."""
        return self._todos.complete(todo_id)
'''

_ASSEMBLY = '''
"""The resolvers of each type."""

from $package.models import Todos
from $package.resolvers.todo import MutationResolvers, QueryResolvers


class Resolvers:
    """All resolvers: an attribute for each type that needs some."""

    def __init__(self, todos: Todos) -> None:
        self.query = QueryResolvers(todos)
        self.mutation = MutationResolvers(todos)
'''

_APP = '''
"""The API server: `trunkline serve` runs it."""

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from trunkline.server import GraphQL, Playground, log_operations

from $package.graph import make_executable_schema
from $package.models import Todos
from $package.resolvers import Resolvers

log_operations()  # one line per operation
schema = make_executable_schema(Resolvers(Todos()))
playground = Playground("$name", "/graphql", query="{ todos { title done } }")
app = Starlette(
    routes=[
        Route("/graphql", GraphQL(schema, auth=None)),
        Mount("/playground", playground),
    ]
)
'''

_README = """
# $name

```sh
trunkline serve --reload    # http://localhost:8080/graphql, and /playground beside it
trunkline generate          # after a change of the schema
mypy .                      # which resolver no longer fits it
```

`schema/` is what the API offers, `$package/resolvers/` has its resolvers, and `$package/models.py`
the business logic. `$package/graph/` is generated: do not edit it.
"""

_FILES = {
    "pyproject.toml": _PYPROJECT,
    "README.md": _README,
    ".gitattributes": "\n$package/graph/** text eol=lf linguist-generated\n",
    ".gitignore": "\n__pycache__/\n.venv/\n.mypy_cache/\n",
    "schema/todo.graphql": _SCHEMA,
    "$package/__init__.py": '\n"""An API server."""\n',
    "$package/app.py": _APP,
    "$package/models.py": _MODELS,
    "$package/resolvers/__init__.py": _ASSEMBLY,
    "$package/resolvers/todo.py": _RESOLVERS,
}
