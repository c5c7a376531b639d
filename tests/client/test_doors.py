"""What the public modules export, and what importing them must not import."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

DOORS = {
    "trunkline": [
        "AccessDeniedError",
        "CircuitOpenError",
        "Client",
        "ConfigurationError",
        "ConnectionFailedError",
        "DeadlineExceededError",
        "DocumentNotFoundError",
        "DocumentSyntaxError",
        "ExecutionError",
        "LimitExceededError",
        "MalformedRequestError",
        "MutationFailedError",
        "NotJSONError",
        "OperationNotFoundError",
        "OperationRefusedError",
        "PlaygroundNotBuiltError",
        "ProtocolError",
        "PublicationError",
        "RequestError",
        "RequestRefusedError",
        "ResponseTooLargeError",
        "SchemaError",
        "ServerStatusError",
        "StoreError",
        "SubscriptionError",
        "TokenError",
        "TransportError",
        "TrunklineError",
        "ValidationError",
        "VariablesError",
        "gql",
    ],
    "trunkline.client": [
        "GITHUB",
        "LINEAR",
        "SHOPIFY",
        "APIKey",
        "AsyncSession",
        "Batching",
        "BearerToken",
        "Breaker",
        "CallEvent",
        "CallOptions",
        "Client",
        "Connection",
        "ConnectionOptions",
        "DeprecatedWarning",
        "Document",
        "ExecutionResult",
        "Hooks",
        "Persisted",
        "PrivateCache",
        "Request",
        "Retry",
        "Scalar",
        "SchemaCache",
        "Upload",
        "gql",
    ],
    "trunkline.client.transports": [
        "AsyncTransport",
        "HTTPRequest",
        "HTTPResponse",
        "Pool",
        "Transport",
    ],
    "trunkline.client.transports.aiohttp": ["AIOHTTPTransport"],
    "trunkline.client.transports.asgi": ["ASGITransport"],
    "trunkline.client.transports.httpx2": ["AsyncHTTPX2Transport", "HTTPX2Transport"],
    "trunkline.client.transports.pyreqwest": ["AsyncPyreqwestTransport", "PyreqwestTransport"],
    "trunkline.client.transports.requests": ["RequestsHTTPTransport"],
}

NOT_IMPORTED = {
    "from trunkline import TrunklineError": ["graphql", "msgspec", "requests", "httpx2"],
    "from trunkline.client import Client, gql": ["requests", "httpx2", "uvicorn", "starlette"],
    "import trunkline.client.transports": ["graphql", "requests", "httpx2"],
    "import trunkline.client.transports.requests": ["graphql", "httpx2"],
    "import trunkline.client.transports.httpx2": ["graphql", "requests"],
    "import trunkline.client.transports.aiohttp": ["graphql", "httpx2", "requests"],
    "import trunkline.client.transports.pyreqwest": ["graphql", "httpx2", "requests"],
    "from trunkline.client.connection import Connection": ["graphql", "httpx2", "pydantic"],
}

MISSING = {
    "trunkline.client.transports.requests": ("requests", "pip install 'trunkline[requests]'"),
    "trunkline.client.transports.aiohttp": ("aiohttp", "pip install 'trunkline[aiohttp]'"),
    "trunkline.auth.aws": ("botocore", "pip install 'trunkline[aws]'"),
    "trunkline.client.transports.pyreqwest": ("pyreqwest", "pip install 'trunkline[fast]'"),
    "trunkline.client.transports.httpx2": ("httpx2", "pip install 'trunkline[client]'"),
}


@pytest.mark.parametrize(("door", "names"), DOORS.items(), ids=DOORS)
def test_what_a_door_exports(door: str, names: list[str]) -> None:
    module = import_module(door)
    assert module.__all__ == names
    assert all(getattr(module, name) is not None for name in names)
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = module.nothing_of_that_name


def python(program: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own text
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("imports", "libraries"), NOT_IMPORTED.items(), ids=NOT_IMPORTED)
def test_what_a_door_does_not_import(imports: str, libraries: list[str]) -> None:
    program = f"{imports}\nimport sys\nprint([name for name in {libraries} if name in sys.modules])"
    assert python(program) == "[]\n"


@pytest.mark.parametrize(("door", "library", "remedy"), [(k, *v) for k, v in MISSING.items()])
def test_a_library_that_is_missing(door: str, library: str, remedy: str) -> None:
    said = python(f"import sys\nsys.modules[{library!r}] = None\nimport {door}")
    last = said.splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert remedy in last
