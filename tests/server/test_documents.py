"""Requests that name their documents by id: in the body, the URL, the path, or in Apollo's form."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tests.server.calling import Endpoint, Reply, get, post, send_body

from trunkline.auth import Caller
from trunkline.errors import RequestRefusedError
from trunkline.protocol.documents import document_id
from trunkline.server import RegisteredDocuments

WRONG: tuple[Any, ...] = (
    {},
    {"version": 1},
    {"version": 2, "sha256Hash": "0" * 64},
    {"version": 1, "sha256Hash": "A" * 64},
    {"version": 1, "sha256Hash": "0" * 63},
    "sha256:" + "0" * 64,
    [],
    0,
)
QUERY = "query One($id: ID!) { todo(id: $id) { title } }"
ADD = 'mutation Add { add(title: "Oats") { id } }'
ANONYMOUS = "{ number(value: 1) }"
TWO = "query A { number(value: 1) } query B { number(value: 2) }"
ID = document_id(QUERY)
MILK = {"todo": {"title": "Milk"}}
ONE: dict[str, Any] = {"variables": {"id": "1"}}


def apollo(text: str, **more: Any) -> dict[str, Any]:
    digest = document_id(text).removeprefix("sha256:")
    return {"persistedQuery": {"version": 1, "sha256Hash": digest, **more}}


class Registered:
    """Documents of one client, and what was asked of them."""

    def __init__(self, *texts: str, only: bool = False) -> None:
        self.texts = {document_id(text): text for text in texts}
        self.only = only
        self.admitted: list[tuple[str, str, str | None]] = []

    def text(self, document_id: str, caller: Caller | None, client: str | None) -> str | None:
        assert caller is None
        assert client in {None, "billing/2.3.1"}
        return self.texts.get(document_id)

    def admit(self, document_id: str, text: str, caller: Caller | None, client: str | None) -> bool:
        assert caller is None
        if self.only and document_id not in self.texts:
            raise RequestRefusedError(403, "Register it.", code="DOCUMENT_NOT_REGISTERED")
        self.admitted.append((document_id, text, client))
        return document_id in self.texts


def registered(*texts: str, **options: Any) -> Endpoint:
    documents: RegisteredDocuments = Registered(*texts, **options)
    return Endpoint(registered=documents)


async def body(app: Any, path: str = "/graphql", **parameters: Any) -> Reply:
    return await send_body(app, json.dumps(parameters).encode(), path=path)


async def url(app: Any, path: str = "/graphql", **parameters: Any) -> Reply:
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in parameters.items()
    }
    return await get(app, urlencode(texts).encode(), path=path)


async def test_a_registered_document_is_named_in_every_form() -> None:
    app = registered(QUERY, TWO, ANONYMOUS)
    two = f"/graphql/{document_id(TWO)}"
    one = f"/graphql/{document_id(ANONYMOUS)}"
    for reply, data in (
        (await body(app, documentId=ID, **ONE), MILK),
        (await body(app, documentId=ID, query=QUERY, **ONE), MILK),
        (await body(app, extensions=apollo(QUERY), **ONE), MILK),
        (await body(app, f"/graphql/{ID}/One", **ONE), MILK),
        (await body(app, f"/graphql/{ID}/One", query=QUERY, **ONE), MILK),
        (await body(app, f"/graphql/{ID}/One", documentId=ID, operationName="One", **ONE), MILK),
        (await url(app, documentId=ID, **ONE), MILK),
        (await url(app, extensions=apollo(QUERY), **ONE), MILK),
        (await url(app, f"/api/{ID}/One", **ONE), MILK),
        (await url(app, f"{two}/B"), {"number": 2}),
        (await url(app, one), {"number": 1}),
        (await body(app, documentId=document_id(TWO), operationName="A"), {"number": 1}),
    ):
        assert (reply.status, reply.data) == (200, data)
    assert [event.document_id for event in app.events[:9]] == [ID] * 9
    assert app.document(ID) == QUERY


NAMED: dict[str, tuple[dict[str, Any], int, str]] = {
    "an id that is unknown": ({"documentId": "sha256:1"}, 404, "PERSISTED_QUERY_NOT_FOUND"),
    "a hash that is unknown": ({"extensions": apollo("{a}")}, 404, "PERSISTED_QUERY_NOT_FOUND"),
    "an empty id": ({"documentId": ""}, 422, "MALFORMED_REQUEST"),
    "another text": ({"documentId": ID, "query": ANONYMOUS}, 422, "MALFORMED_REQUEST"),
    "another text for a hash": (
        {"extensions": apollo(QUERY), "query": ANONYMOUS},
        422,
        "MALFORMED_REQUEST",
    ),
    "two ids": ({"documentId": ID, "extensions": apollo("{a}")}, 422, "MALFORMED_REQUEST"),
    **{
        f"persistedQuery {wrong}": (
            {"query": QUERY, "extensions": {"persistedQuery": wrong}},
            422,
            "MALFORMED_REQUEST",
        )
        for wrong in WRONG
    },
}


@pytest.mark.parametrize(("parameters", "status", "code"), NAMED.values(), ids=NAMED.keys())
async def test_a_document_that_is_named_wrongly(
    parameters: dict[str, Any], status: int, code: str
) -> None:
    app = registered(QUERY)
    for reply in (await body(app, **parameters), await url(app, **parameters)):
        assert (reply.status, reply.code) == (status, code)
        assert "data" not in reply.json
        assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        ("/graphql/sha256:1/One", {}, 404, "PERSISTED_QUERY_NOT_FOUND"),
        (f"/graphql/{ID.upper().replace('SHA', 'sha')}/One", {}, 404, "PERSISTED_QUERY_NOT_FOUND"),
        (f"/graphql/{ID}/Two", {}, 422, "OPERATION_RESOLUTION_FAILURE"),
        (f"/graphql/{ID}/One", {"operationName": "Two"}, 422, "MALFORMED_REQUEST"),
        (f"/graphql/{ID}", {"operationName": "One"}, 422, "MALFORMED_REQUEST"),
        (f"/graphql/{ID}/One", {"documentId": "sha256:1"}, 422, "MALFORMED_REQUEST"),
        (f"/graphql/{ID}/One", {"query": ANONYMOUS}, 422, "MALFORMED_REQUEST"),
        (f"/graphql/{ID}/One/more", {}, 422, "MALFORMED_REQUEST"),  # no document is named
        (f"/graphql/{document_id(ADD)}/Add", {}, 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_a_path_that_names_no_query(
    path: str, parameters: dict[str, Any], status: int, code: str
) -> None:
    reply = await url(registered(QUERY, ADD), path, **parameters)
    assert (reply.status, reply.code) == (status, code)


async def test_a_mutation_is_posted_to_its_path() -> None:
    app = registered(ADD)
    reply = await body(app, f"/graphql/{document_id(ADD)}/Add")
    assert reply.data == {"add": {"id": "2"}}


async def test_paths_below_a_route_of_starlette() -> None:
    route = Route("/graphql{rest:path}", registered(QUERY))
    app = Starlette(routes=[route])
    assert (await post(app, ANONYMOUS)).status == 200
    assert (await url(app, f"/graphql/{ID}/One", **ONE)).data == MILK
    for path in ("/graphql/", "/graphql/other", "/graphqlx", f"/graphql/x/{ID}/One"):
        reply = await url(app, path, **ONE)
        assert (reply.status, reply.code) == (404, "NOT_FOUND")


def variables(value: str) -> bytes:
    return urlencode({"variables": value}).encode()


CANONICAL = variables('{"id":"1"}')
OTHER_URLS: dict[str, tuple[str, bytes]] = {
    "white space": (f"/{ID}/One", variables('{"id": "1"}')),
    "encoding": (f"/{ID}/One", b'variables={"id":"1"}'),
    "a parameter that means nothing": (f"/{ID}/One", CANONICAL + b"&utm=1"),
    "an empty parameter": (f"/{ID}/One", CANONICAL + b"&extensions="),
    "the operation twice": (f"/{ID}/One", b"operationName=One&" + CANONICAL),
    "no name of the operation": (f"/{ID}", CANONICAL),
    "an empty name": (f"/{ID}/", CANONICAL),
    "an ampersand": (f"/{ID}/One", CANONICAL + b"&"),
    "documentId behind variables": ("", CANONICAL + f"&documentId={ID}".encode()),
}


@pytest.mark.parametrize(("path", "query"), OTHER_URLS.values(), ids=OTHER_URLS.keys())
async def test_a_request_by_id_has_one_url(path: str, query: bytes) -> None:
    app = registered(QUERY)
    reply = await get(app, query, path=f"/graphql{path}")
    assert (reply.status, reply.code) == (308, "PERMANENT_REDIRECT")
    url = urljoin(f"http://a/graphql{path}?{query.decode()}", reply.headers["location"])
    canonical = f"http://a/graphql/{ID}/One?{CANONICAL.decode()}"
    if not path:
        document = urlencode({"documentId": ID})
        canonical = f"http://a/graphql?{document}&{CANONICAL.decode()}"
    assert url == canonical
    place, _, found = canonical.removeprefix("http://a").partition("?")
    assert (await get(app, found.encode(), path=place)).data == MILK
    refusing = Endpoint(registered=Registered(QUERY), other_urls="refuse")
    refused = await get(refusing, query, path=f"/graphql{path}")
    assert (refused.status, refused.code) == (400, "BAD_REQUEST")
    assert "location" not in refused.headers
    assert reply.headers["location"] in refused.error["message"]


async def test_order_within_variables_makes_no_second_url() -> None:
    text = "query Q($a: Int, $b: Int) { a: number(value: $a) b: number(value: $b) }"
    app = registered(text)
    path = f"/graphql/{document_id(text)}/Q"
    assert (await get(app, variables('{"a":1,"b":2}'), path=path)).data == {"a": 1, "b": 2}
    assert (await get(app, variables('{"b":2,"a":1}'), path=path)).status == 308
    # too long to be a header
    assert (await get(app, variables(f'{{"a": 1, "c": "{"x" * 9_000}"}}'), path=path)).status == 400


def test_what_to_do_with_other_urls_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="'redirect' or 'refuse', not 'serve'"):
        Endpoint(other_urls="serve")


async def query(app: Any, path: str = "/graphql", **parameters: Any) -> Reply:
    return await send_body(app, json.dumps(parameters).encode(), method="QUERY", path=path)


async def test_the_method_query() -> None:
    app = Endpoint()
    reply = await query(app, query=QUERY, **ONE)
    assert (reply.status, reply.data) == (200, MILK)
    assert reply.headers["accept-query"] == "application/json"
    assert not {"location", "content-location"} & set(reply.headers)
    refused = await query(app, query=ADD)
    assert (refused.status, refused.code) == (422, "METHOD_NOT_ALLOWED")
    assert app.added == []
    for headers, status in (({"content-type": "text/plain"}, 415), ({"content-type": ""}, 415)):
        wrong = await send_body(app, b"{}", headers, method="QUERY")
        assert (wrong.status, wrong.headers["accept-query"]) == (status, "application/json")
    assert (await send_body(app, b"{", method="QUERY")).status == 400


async def test_a_query_that_has_a_url_names_it() -> None:
    app = registered(QUERY)
    url_ = f"{ID}/One?{CANONICAL.decode()}"
    for reply, location in (
        (await query(app, query=QUERY, **ONE), f"./graphql/{url_}"),
        (await query(app, documentId=ID, **ONE), f"./graphql/{url_}"),
        (await query(app, f"/graphql/{ID}/One", **ONE), f"../{url_}"),
    ):
        assert reply.data == MILK
        assert reply.headers["location"] == reply.headers["content-location"] == location
    by_parameter = await url(app, documentId=ID, **ONE)
    assert by_parameter.headers["content-location"] == f"./graphql/{url_}"
    assert "location" not in by_parameter.headers
    by_path = await url(app, f"/graphql/{ID}/One", **ONE)
    assert "content-location" not in by_path.headers
    long = await query(app, documentId=ID, variables={"id": "1", "x": "y" * 2_000})
    assert (long.status, "location" in long.headers) == (200, False)


async def test_a_client_that_sends_text_is_told_the_id() -> None:
    for app in (registered(QUERY), Endpoint(apq=True)):
        assert (await post(app, QUERY, **ONE)).headers["graphql-document-id"] == ID
        assert "graphql-document-id" not in (await body(app, documentId=ID, **ONE)).headers
    assert "graphql-document-id" not in (await post(registered(ADD), QUERY, **ONE)).headers
    assert "graphql-document-id" not in (await post(Endpoint(), QUERY, **ONE)).headers
    # paths below the endpoint's are another's
    alone = Starlette(routes=[Route("/graphql", registered(QUERY))])
    assert "graphql-document-id" not in (await post(alone, QUERY, **ONE)).headers
    both = Starlette(routes=[Route("/graphql{rest:path}", registered(QUERY))])
    assert (await post(both, QUERY, **ONE)).headers["graphql-document-id"] == ID


async def test_apollos_automatic_persisted_queries() -> None:
    app = Endpoint(apq=True)
    named: dict[str, Any] = {"extensions": apollo(QUERY)}
    learned: dict[str, Any] = {"documentId": ID}
    unknown = await body(app, **named, **ONE)
    assert (unknown.status, unknown.code) == (404, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.error["message"] == "PersistedQueryNotFound"
    assert (await body(app, query=QUERY, **named, **ONE)).data == MILK
    for parameters in (named, learned):
        assert (await body(app, **parameters, **ONE)).data == MILK
        assert (await url(app, **parameters, **ONE)).data == MILK
    assert (await url(app, f"/graphql/{ID}/One", **ONE)).data == MILK
    # what is not valid is not learned
    wrong = apollo("{ wrong }")
    assert (await body(app, query="{ wrong }", extensions=wrong)).status == 422
    assert (await body(app, extensions=wrong)).code == "PERSISTED_QUERY_NOT_FOUND"


async def test_documents_that_are_learned_are_bounded() -> None:
    app = Endpoint(apq=True)
    await post(app, QUERY, **ONE)
    texts = [f"query Q{number} {{ __typename }} #{'語' * 7_000}" for number in range(300)]
    for text in texts:
        assert (await post(app, text)).status == 200
    assert (await body(app, documentId=ID, **ONE)).code == "PERSISTED_QUERY_NOT_FOUND"
    assert (await body(app, documentId=document_id(texts[-1]))).status == 200


async def test_an_endpoint_without_ids_says_so() -> None:
    app = Endpoint()
    await post(app, QUERY, **ONE)
    apollos = await body(app, extensions=apollo(QUERY), **ONE)
    ours = await body(app, documentId=ID, **ONE)
    for reply in (apollos, ours):
        assert (reply.status, reply.code) == (404, "PERSISTED_QUERY_NOT_SUPPORTED")
    assert apollos.error["message"] == "PersistedQueryNotSupported"
    assert "'query'" in ours.error["message"]
    assert (await body(app, query=QUERY, extensions=apollo(QUERY), **ONE)).data == MILK


async def test_documents_sent_as_text_are_shown_to_the_registry() -> None:
    documents = Registered(QUERY, only=True)
    app = Endpoint(registered=documents, apq=True)
    headers = {"graphql-client-name": "billing", "graphql-client-version": "2.3.1"}
    assert (await post(app, QUERY, headers, **ONE)).data == MILK
    assert documents.admitted == [(ID, QUERY, "billing/2.3.1")]
    refused = await post(app, ANONYMOUS)
    assert (refused.status, refused.code) == (403, "DOCUMENT_NOT_REGISTERED")
    assert (await post(app, ANONYMOUS, extensions=apollo(ANONYMOUS))).status == 403
    assert (await body(app, documentId=document_id(ANONYMOUS))).status == 404
    assert app.document(document_id(ANONYMOUS)) is None  # it was not even compiled
    assert (await body(app, documentId=ID, **ONE)).data == MILK
    assert len(documents.admitted) == 1
