"""A GraphQL endpoint behind a verifier: who is let in, and what of it they may have."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from tests.auth.verifying.issuing import AUDIENCE, Issuer, Time, request_scope

from trunkline.auth.verifying.caller import Assumed, Authenticator, Caller
from trunkline.auth.verifying.protection import Protected, ResourceMetadata
from trunkline.auth.verifying.verifier import Verifier
from trunkline.server import (
    GraphQL,
    OperationCall,
    OperationEvent,
    Proceed,
    Result,
    Schema,
    make_executable_schema,
    parse_schema,
)

SDL = """
type Query {
  open: String
  who: String!
  mine: String @authenticated
  todos: [Todo!]! @requiresScopes(scopes: [["todos:read"]])
  secret: String @requiresScopes(scopes: [["admin", "root"], ["owner"]])
  paid: String @policy(policies: [["paid"]])
}
type Mutation { add(title: String!, note: String @requiresScopes(scopes: [["notes"]])): Todo }
type Todo { title: String! author: String @requiresScopes(scopes: "people:read") }
"""


class Query:
    called: bool = False

    def open(self) -> str:
        return "open"

    def who(self, caller: Caller | None) -> str:
        return "nobody" if caller is None else caller.client_id

    def mine(self) -> str:
        return "mine"

    def todos(self) -> list[Any]:
        return [SimpleNamespace(title="Milk", author="Ann")]

    def secret(self) -> str:
        Query.called = True
        return "secret"

    async def paid(self, caller: Caller) -> str:
        return caller.client_id


class Mutation:
    def add(self, title: str, note: str | None = None) -> Any:
        return SimpleNamespace(title=f"{title} {note}", author="Ann")


def new_schema() -> Schema:
    return make_executable_schema(
        parse_schema(SDL), SimpleNamespace(query=Query(), mutation=Mutation())
    )


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: Any
    events: list[OperationEvent] = field(default_factory=list[OperationEvent])

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]


async def send(application: Any, *values: str, document: str | bytes, **more: Any) -> Reply:
    """Send one request to an ASGI application."""
    body = document if isinstance(document, bytes) else json.dumps({"query": document}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = request_scope(*values, headers=headers + more.pop("headers", []), **more)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def keep(message: Any) -> None:
        sent.append(message)

    await application(scope, receive, keep)
    head: dict[str, str] = {}
    for name, value in sent[0]["headers"]:
        head[name.decode()] = ", ".join(filter(None, (head.get(name.decode()), value.decode())))
    return Reply(sent[0]["status"], head, json.loads(sent[1]["body"]))


issuer = Issuer()
SCHEMA = new_schema()


def endpoint(auth: Authenticator | str | None = "", **options: Any) -> tuple[GraphQL, list[Any]]:
    events: list[Any] = []
    found = issuer.verifier(Time()) if isinstance(auth, str) else auth
    return GraphQL(SCHEMA, auth=found, sinks=[events.append], **options), events


async def ask(document: str, *scopes: str, **options: Any) -> Reply:
    application, events = endpoint(**options)
    token = issuer.token({"scope": " ".join(scopes)})
    reply = await send(application, f"Bearer {token}", document=document)
    reply.events = events
    return reply


async def test_a_caller_with_its_scopes_gets_everything() -> None:
    reply = await ask("{ who mine todos { title author } }", "todos:read", "people:read")
    assert reply.status == 200
    assert reply.body["data"]["who"] == "web"
    assert reply.body["data"]["todos"] == [{"title": "Milk", "author": "Ann"}]
    assert reply.events[0].client_id == "web"


async def test_what_a_caller_may_not_have_is_null_with_an_error_at_its_path() -> None:
    reply = await ask("{ todos { title author } }", "todos:read", refuse="fields")
    assert reply.status == 294
    assert reply.body["data"]["todos"] == [{"title": "Milk", "author": None}]
    (error,) = reply.body["errors"]
    assert error["path"] == ["todos", 0, "author"]
    assert error["extensions"] == {
        "code": "UNAUTHORIZED_FIELD_OR_TYPE",
        "scopes": ["people:read"],
    }


async def test_a_request_whose_every_field_is_refused_is_forbidden() -> None:
    Query.called = False
    reply = await ask("{ secret __typename }", "root", refuse="fields")
    assert reply.status == 403
    assert 'error="insufficient_scope"' in reply.headers["www-authenticate"]
    assert 'scope="admin"' in reply.headers["www-authenticate"]
    assert "data" not in reply.body
    assert not Query.called


async def test_a_request_may_be_refused_as_a_whole_where_a_field_is() -> None:
    reply = await ask("{ open secret }", refuse="request")
    assert reply.status == 403
    assert reply.body["errors"][0]["message"].startswith("Query.secret needs")
    assert (await ask("{ open }", refuse="request")).status == 200


async def test_an_argument_may_need_more_than_its_field() -> None:
    assert (await ask('mutation { add(title: "a") { title } }')).status == 200
    noted = 'mutation { add(title: "a", note: "b") { title } }'
    assert (await ask(noted, refuse="fields")).status == 403
    allowed = await ask('mutation { add(title: "a", note: "b") { title } }', "notes")
    assert allowed.body["data"] == {"add": {"title": "a b"}}


async def test_policies_are_asked_for_once_per_operation() -> None:
    asked: list[Any] = []

    async def decide(caller: Caller | None, names: frozenset[str]) -> Collection[str]:
        asked.append((caller and caller.client_id, names))
        return names

    reply = await ask("{ paid other: paid open }", policies=decide, refuse="fields")
    assert reply.body["data"]["paid"] == "web"
    assert asked == [("web", frozenset({"paid"}))]
    assert (await ask("{ open }", policies=decide, refuse="fields")).status == 200
    assert len(asked) == 1
    assert (await ask("{ paid }", refuse="fields")).status == 403
    nothing = await ask("{ paid }", policies=lambda _caller, _names: [], refuse="fields")
    assert nothing.status == 403
    asked.clear()
    reply = await ask("{ paid other: paid open }", policies=decide)
    assert reply.body["data"]["paid"] == "web"
    assert asked == [("web", frozenset({"paid"}))]
    hidden = await ask("{ paid }", policies=lambda _caller, _names: ["other"])
    assert hidden.codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_policy_may_refuse_the_request_and_say_why() -> None:
    def decide(_caller: Caller | None, _names: frozenset[str]) -> Collection[str]:
        raise GraphQLError("Not before noon.")

    reply = await ask("{ paid open }", policies=decide)
    assert (reply.status, reply.body["errors"][0]["message"]) == (422, "Not before noon.")


async def test_rs_07_strangers_are_refused_before_anything_is_read() -> None:
    application, events = endpoint()
    reply = await send(application, document=b"{not json")
    assert reply.status == 401
    assert reply.codes == ["UNAUTHENTICATED"]
    assert reply.headers["www-authenticate"].startswith("Bearer ")
    assert reply.headers["connection"] == "close"
    assert (events[0].status, events[0].document_id, events[0].client_id) == (401, None, None)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "DELETE"])
async def test_sep_5_no_method_gets_past_the_verifier(method: str) -> None:
    application, _ = endpoint()
    reply = await send(application, document="{ open }", method=method)
    assert reply.status == 401
    assert not any(name.startswith("access-control") for name in reply.headers)


async def test_sep_1_rest_and_graphql_take_no_tokens_of_each_other() -> None:
    async def rest(scope: Any, _receive: Any, answer: Any) -> None:
        body = json.dumps({"caller": scope["caller"].client_id}).encode()
        await answer({"type": "http.response.start", "status": 200, "headers": []})
        await answer({"type": "http.response.body", "body": body})

    graphql, _ = endpoint()
    protected = Protected(rest, issuer.verifier(Time(), audience="https://api.example/rest"))
    for_rest = f"Bearer {issuer.token({'aud': 'https://api.example/rest'})}"
    for_graphql = f"Bearer {issuer.token()}"
    outcomes = [
        (await send(application, token, document="{ open }")).status
        for application in (graphql, protected)
        for token in (for_graphql, for_rest)
    ]
    assert outcomes == [200, 401, 401, 200]
    for _ in range(2):  # and once more, when the good ones are known
        assert (await send(graphql, for_rest, document="{ open }")).status == 401
        assert (await send(protected, for_graphql, document="{ open }")).status == 401
    refused = await send(protected, document="{ open }")
    assert (refused.status, refused.body["status"]) == (401, 401)
    assert "Query" not in json.dumps(refused.body)


async def test_who_is_refused_by_a_protection_is_told(caplog: pytest.LogCaptureFixture) -> None:
    application, _ = endpoint()
    lacking = Protected(application, issuer.verifier(Time(), scopes={"metrics:read"}))
    await send(lacking, f"Bearer {issuer.token()}", document="{ open }")
    await send(lacking, document="{ open }")
    first, second = (each.getMessage() for each in caplog.records if each.levelname == "WARNING")
    assert " is refused to web at " in first
    assert first.endswith("for every request. It needs metrics:read.")
    assert " is refused to a client without a valid token at " in second


async def test_sep_2_a_user_is_forbidden_with_all_scopes_there_are() -> None:
    application, _ = endpoint()
    token = issuer.token({"sub": "user-17", "scope": "todos:read admin root owner"})
    reply = await send(application, f"Bearer {token}", document="{ open }")
    assert (reply.status, reply.codes) == (403, ["FORBIDDEN"])


async def test_without_authentication_nobody_has_what_the_schema_demands() -> None:
    application, _ = endpoint(None)
    assert (await send(application, document="{ open who mine }")).status == 422
    application, _ = endpoint(None, refuse="fields")
    reply = await send(application, document="{ open who mine }")
    assert reply.body["data"] == {"open": "open", "who": "nobody", "mine": None}
    assert (await send(application, document="{ mine }")).status == 403


async def test_a_caller_may_be_assumed_for_development() -> None:
    application, _ = endpoint(Assumed(Caller("dev", frozenset({"owner"}))))
    reply = await send(application, document="{ who secret }")
    assert reply.body["data"] == {"who": "dev", "secret": "secret"}


async def test_middlewares_are_told_who_calls() -> None:
    async def note(call: OperationCall[Any], proceed: Proceed) -> Result:
        assert call.caller is not None
        names.append(call.caller.client_id)
        return await proceed()

    names: list[str] = []
    assert (await ask("{ who }", middlewares=[note])).body["data"] == {"who": "web"}
    assert names == ["web"]


async def test_introspection_shows_what_the_caller_may_have() -> None:
    document = '{ __type(name: "Query") { fields { name } } }'
    few = await ask(document)
    names = [each["name"] for each in few.body["data"]["__type"]["fields"]]
    assert names == ["open", "who", "mine"]
    more = await ask(document, "todos:read", "owner", policies=lambda _caller, names: names)
    assert len(more.body["data"]["__type"]["fields"]) == 6


PATHS = [
    "/graphql",
    "//graphql",
    "/api/graphql",
    "/api/../graphql",
    "/api/%2e%2e/graphql",
    "/api%2fgraphql",
    "/graphql;x",
    "/GraphQL",
    "/graphql/",
    "/api/./graphql",
]
DISGUISES = [
    [],
    [(b"x-original-url", b"/graphql"), (b"x-rewrite-url", b"/graphql")],
    [(b"x-forwarded-prefix", b"/graphql"), (b"x-http-method-override", b"GET")],
    [(b"host", b"graphql.internal"), (b"upgrade", b"h2c")],
    [(b"upgrade", b"websocket"), (b"sec-websocket-protocol", b"graphql-transport-ws")],
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("disguise", DISGUISES)
async def test_sep_4_no_path_leads_a_rest_token_to_graphql(path: str, disguise: Any) -> None:
    graphql, events = endpoint()
    rest = Protected(Starlette(), issuer.verifier(Time(), audience="https://api.example/rest"))
    both = Starlette(routes=[Route("/graphql", graphql), Mount("/api", rest)])
    token = f"Bearer {issuer.token({'aud': 'https://api.example/rest'})}"
    for application in (both, rest):
        sent: list[Any] = []
        body = b'{"query": "{ open }"}'
        headers = [(b"content-type", b"application/json"), *disguise]
        scope = request_scope(token, headers=headers, path=path, root_path="", server=("h", 80))
        await application(scope, given(body), keeping(sent))
        assert sent[0]["status"] in {307, 401, 404}
        assert b"data" not in sent[1].get("body", b"")
    assert all(event.document_id is None for event in events)


def given(body: bytes) -> Any:
    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    return receive


def keeping(sent: list[Any]) -> Any:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


def test_an_endpoint_without_a_decision_about_auth_does_not_start() -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'auth'"):
        GraphQL(SCHEMA)  # type: ignore[call-arg]
    for wrong in ("https://issuer.example", True, Caller("web")):
        with pytest.raises(TypeError, match="auth must be a Verifier or an Assumed") as caught:
            GraphQL(SCHEMA, auth=wrong)  # type: ignore[arg-type]
        assert str(caught.value).endswith(f"not {type(wrong).__name__}.")  # it may be a secret
    with pytest.raises(TypeError, match="not the class Verifier"):
        GraphQL(SCHEMA, auth=Verifier)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="refuse must be"):
        GraphQL(SCHEMA, auth=None, refuse="all")  # type: ignore[arg-type]


async def test_an_applications_lifespan_passes_its_protection() -> None:
    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    seen: list[str] = []
    protected = Protected(application, issuer.verifier(Time()))
    await protected({"type": "lifespan"}, given(b""), keeping([]))
    assert seen == ["lifespan"]


class _OnlyAuthenticates:
    async def authenticate(self, _scope: Any) -> Caller:
        raise AssertionError


class _LacksChallenge(_OnlyAuthenticates):
    def recall(self, _scope: Any, _headers: Any) -> None:
        return None


class _OddChallenge(_LacksChallenge):
    challenge = "Bearer"


@pytest.mark.parametrize(
    ("auth", "says"),
    [
        (_OnlyAuthenticates(), "must have recall"),
        (_LacksChallenge(), "must have a challenge"),
        (_OddChallenge(), "must have a challenge"),
    ],
)
def test_ta_12_an_auth_that_lacks_a_member_does_not_start(auth: Any, says: str) -> None:
    application, _ = endpoint()
    with pytest.raises(TypeError, match=says):
        GraphQL(SCHEMA, auth=auth)
    with pytest.raises(TypeError, match=says):
        Protected(application, auth)


@pytest.mark.parametrize("kind", ["webtransport", "http.other", "HTTP", ""])
async def test_ta_12_connections_of_unknown_kinds_do_not_pass_a_protection(kind: str) -> None:
    seen: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    protected = Protected(application, issuer.verifier(Time()))
    with pytest.raises(RuntimeError, match="serves HTTP only"):
        await protected({"type": kind, "headers": []}, given(b""), keeping([]))
    assert seen == []


async def test_websockets_are_refused() -> None:
    application, _ = endpoint()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def keep(message: Any) -> None:
        sent.append(message)

    await application({"type": "websocket", "headers": []}, receive, keep)
    assert sent == [{"type": "websocket.close"}]


async def test_md_05_metadata_says_whose_tokens_are_taken() -> None:
    verifier = issuer.verifier(Time(), metadata_url="https://api.example/.well-known/x")
    reply = await send(ResourceMetadata(verifier, ("todos:read",)), document="", method="GET")
    assert reply.body == {
        "resource": AUDIENCE,
        "authorization_servers": [issuer.url],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["todos:read"],
    }
    application, _ = endpoint(verifier)
    refused = await send(application, document="{ open }")
    metadata = 'resource_metadata="https://api.example/.well-known/x"'
    assert metadata in refused.headers["www-authenticate"]
