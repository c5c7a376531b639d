"""What HTTP caches are told of a response, and what they may give to whom."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from tests.server.calling import GRAPHQL, JSON, Reply, get, post

from trunkline.auth import Caller
from trunkline.auth.verifying.caller import Challenge
from trunkline.errors import AccessDeniedError
from trunkline.server import (
    CacheAudience,
    Caching,
    GraphQL,
    ResponseAdditions,
    current_response,
    make_executable_schema,
    parse_schema,
)

SDL = """
type Query {
  number: Int @cacheControl(maxAge: 60)
  open: Int @cacheControl(maxAge: 50, scope: PUBLIC)
  ours: String @cacheControl(maxAge: 40, scope: AUDIENCE)
  mine: String @cacheControl(maxAge: 30)
  guarded: Int @requiresScopes(scopes: [["a"]]) @cacheControl(maxAge: 20)
  never: Int
  failing: Int @cacheControl(maxAge: 60)
  narrowing(seconds: Int, scope: String, cookie: Boolean): Int @cacheControl(maxAge: 60)
}
type Mutation { add: Int  rename: Book  failing: Book @cacheGroups(names: ["Book:9"]) }
type Book @cacheControl(maxAge: 60, scope: PUBLIC) { id: ID! }
extend type Query { spoken: Int @cacheControl(maxAge: 9) }
extend type Query { book(id: ID! = "7"): Book  owned: Int @cacheControl(maxAge: 9) }
"""
SECRET = "0123456789abcdef0123456789abcdef"
AUDIENCE = CacheAudience(SECRET, claims=["tenant"])
CALLERS = {
    "a1": Caller("one", frozenset({"a"}), {"tenant": "x", "jti": "1"}),
    "a2": Caller("two", frozenset({"a"}), {"tenant": "x", "jti": "2"}),
    "b1": Caller("one", frozenset({"a"}), {"tenant": "y"}),
    "c1": Caller("one", frozenset(), {"tenant": "x"}),
    "d1": Caller("one", frozenset({"a"}), {"tenant": "x", "iss": "https://other.example"}),
}


class Tokens:
    """Knows some tokens by heart."""

    challenge = Challenge("here")

    def recall(self, _scope: Any, headers: Any) -> Caller | None:
        return CALLERS.get(headers.get(b"authorization", b"").decode())

    async def authenticate(self, _scope: Any) -> Caller:
        raise AccessDeniedError(401, "No.")


class Query:
    def __init__(self) -> None:
        self.value = 1

    def number(self) -> int:
        return self.value

    open = guarded = never = decided = number

    def ours(self, caller: Caller | None) -> str:
        return f"{caller and caller.claims['tenant']}"

    def mine(self, caller: Caller | None) -> str:
        return f"{caller}"

    def book(self, id: str = "7") -> dict[str, str]:  # noqa: A002
        return {"id": id}

    def spoken(self) -> int:
        current_response().headers.add_header("Vary", "Accept-Language")
        current_response().headers.add_header("Vary", "X-Region")
        return 1

    def owned(self) -> int:
        current_response().add_cache_groups("mine:a b")
        return 1

    def failing(self) -> int:
        raise ValueError

    def narrowing(
        self, seconds: int | None = None, scope: Any = None, *, cookie: bool = False
    ) -> int:
        current_response().narrow_caching(max_age=seconds, scope=scope)
        if cookie:
            current_response().cookies["a"] = "b"
        return 1


QUERY = Query()


class Mutation:
    def rename(self) -> dict[str, str]:
        return {"id": "7"}

    failing = Query.failing

    def add(self) -> int:
        current_response().add_cache_groups("mine")
        return 1


RESOLVERS = SimpleNamespace(query=QUERY, mutation=Mutation())
SCHEMA = make_executable_schema(parse_schema(SDL), RESOLVERS)
ANYBODY = GraphQL(SCHEMA, auth=None, sinks=())
CALLING = GraphQL(SCHEMA, auth=Tokens(), sinks=(), caching=Caching(audience=AUDIENCE))


async def ask(app: Any, text: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await get(app, b"query=" + quote(text).encode(), named)


def told(reply: Reply) -> tuple[str, str]:
    assert ("etag" in reply.headers) == (reply.headers["cache-control"] != "no-store")
    return reply.headers["cache-control"], reply.headers["vary"]


@pytest.mark.parametrize(
    ("text", "control", "vary"),
    [
        ("{ number }", "public, s-maxage=60", "Accept, Authorization, Cookie"),
        ("{ open }", "public, s-maxage=50", "Accept"),
        ("{ open number }", "public, s-maxage=50", "Accept, Authorization, Cookie"),
        ("{ ours }", "private, max-age=40", "Accept, Authorization, Cookie"),
        ("{ mine }", "private, max-age=30", "Accept, Authorization, Cookie"),
        ("{ never }", "no-store", "Accept"),
        ("{ open never }", "no-store", "Accept"),
        ("{ failing }", "no-store", "Accept"),
        ("{ open failing }", "no-store", "Accept"),
        ("{ guarded }", "no-store", "Accept"),
        ("{ nothing }", "no-store", "Accept"),
        ("mutation { add }", "no-store", "Accept"),
        ("{ narrowing }", "public, s-maxage=60", "Accept, Authorization, Cookie"),
        ("{ narrowing(seconds: 5) }", "public, s-maxage=5", "Accept, Authorization, Cookie"),
        ("{ narrowing(seconds: 500) }", "public, s-maxage=60", "Accept, Authorization, Cookie"),
        ("{ narrowing(seconds: 0) }", "no-store", "Accept"),
        ('{ narrowing(scope: "PRIVATE") }', "private, max-age=60", "Accept, Authorization, Cookie"),
        (
            '{ open narrowing(scope: "PRIVATE") again: narrowing(seconds: 7, scope: "AUDIENCE") }',
            "private, max-age=7",
            "Accept, Authorization, Cookie",
        ),
        ("{ narrowing(cookie: true) }", "no-store", "Accept"),
    ],
)
async def test_a_response_says_how_long_and_for_whom(text: str, control: str, vary: str) -> None:
    assert told(await ask(ANYBODY, text)) == (control, vary)
    posted = await post(ANYBODY, text)
    assert told(posted) == ("no-store", "Accept")


async def test_all_that_a_response_depends_on_is_in_one_line() -> None:  # as the client checks
    reply = await ask(ANYBODY, "{ spoken }")
    assert reply.headers["vary"] == "Accept, Authorization, Cookie, Accept-Language, X-Region"


async def test_errors_are_not_stored_whatever_their_status_is() -> None:
    app = GraphQL(SCHEMA, auth=None, sinks=(), status="audit")
    reply = await ask(app, "{ open failing }")
    assert (reply.status, *told(reply)) == (200, "no-store", "Accept")


@pytest.mark.parametrize("header", ["authorization", "cookie"])
async def test_who_sends_credentials_unasked_shares_nothing_undeclared(header: str) -> None:
    undeclared = await ask(ANYBODY, "{ number }", **{header: "x"})
    assert told(undeclared) == ("private, max-age=60", "Accept, Authorization, Cookie")
    assert told(await ask(ANYBODY, "{ open }", **{header: "x"}))[0] == "public, s-maxage=50"


@pytest.mark.parametrize(
    ("text", "alone", "shared"),
    [
        ("{ number }", "private, max-age=60", "public, s-maxage=60"),
        ("{ ours }", "private, max-age=40", "public, s-maxage=40"),
        ("{ guarded }", "private, max-age=20", "public, s-maxage=20"),
        ("{ mine }", "private, max-age=30", "private, max-age=30"),
        ("{ open }", "public, s-maxage=50", "public, s-maxage=50"),
    ],
)
async def test_callers_of_an_audience_share(text: str, alone: str, shared: str) -> None:
    name = await audience("a1")
    for token, header, control in [
        ("a1", "", alone),
        ("a1", name, shared),
        ("a2", name, shared),
        ("b1", name, alone),
        ("d1", name, alone),
        ("a1", name[:-1], alone),
        ("a1", f"{name}, {name}", alone),
    ]:
        headers = {"cache-audience": header} if header else {}
        reply = await ask(CALLING, text, authorization=token, **headers)
        assert reply.headers["cache-control"] == control, (token, header)
        varying = {alone: "Accept, Authorization", shared: "Accept, Cache-Audience"}
        if text == "{ open }":
            varying[shared] = "Accept"
        if text == "{ mine }":
            varying[shared] = "Accept, Authorization"
        assert reply.headers["vary"] == varying[control]


async def test_those_who_see_other_schemas_share_no_version_of_one() -> None:
    sdl = """type Query {
      open: Int @cacheControl(maxAge: 60, scope: PUBLIC)
      number: Int @cacheControl(maxAge: 60)
      decided: Int @policy(policies: [["p"]])
    }"""
    app = GraphQL(
        make_executable_schema(parse_schema(sdl), RESOLVERS),
        auth=Tokens(),
        policies=lambda caller, names: names if caller and caller.client_id == "one" else (),
        caching=Caching(audience=AUDIENCE),
        schema_text=True,
        sinks=(),
    )
    versions = set[str | None]()
    for token in ("a1", "a2"):
        name = {"cache-audience": await audience(token)}
        for text, headers in [("{ open }", {}), ("{ number }", name)]:
            shared = await ask(app, text, authorization=token, **headers)
            assert "graphql-schema-version" not in shared.headers
        own = await ask(app, "{ number }", authorization=token)
        versions.add(own.headers["graphql-schema-version"])
    assert len(versions) == 2


async def audience(token: str) -> str:
    reply = await get(AUDIENCE.check(Tokens()), b"", {"authorization": token})
    assert (reply.status, reply.body, reply.headers["cache-control"]) == (204, b"", "no-store")
    return reply.headers["cache-audience"]


async def test_an_audience_has_the_same_scopes_and_tenant() -> None:
    names = {token: await audience(token) for token in CALLERS}
    assert names["a1"] == names["a2"]
    assert len(set(names.values())) == 4
    other = CacheAudience(SECRET.upper(), claims=["tenant"])
    assert other.name(CALLERS["a1"]) != names["a1"].encode()
    apart = CacheAudience(SECRET, claims=["tenant"], clients_share=False)
    assert len({apart.name(caller) for caller in CALLERS.values()}) == 5
    refused = await get(AUDIENCE.check(Tokens()), b"", {"authorization": "stolen"})
    assert refused.status == 401
    assert "www-authenticate" in refused.headers


async def test_who_lacks_a_claim_shares_with_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for token, name in (("e1", "one"), ("e2", "two")):
        monkeypatch.setitem(CALLERS, token, Caller(name, frozenset({"a"}), {"tenant": None}))
        unnamed = await get(AUDIENCE.check(Tokens()), b"", {"authorization": token})
        assert (unnamed.status, "cache-audience" in unnamed.headers) == (204, False)
        for named in ({}, {"cache-audience": ""}, {"cache-audience": "None"}):
            reply = await ask(CALLING, "{ ours }", authorization=token, **named)
            assert reply.headers["cache-control"] == "private, max-age=40"


def test_an_audience_without_a_good_secret_does_not_start() -> None:
    with pytest.raises(ValueError, match="has 5 bytes; it needs 32"):
        CacheAudience("short")
    with pytest.raises(ValueError, match="cannot be the name of a header"):
        CacheAudience(SECRET, header="Cache Audience")
    with pytest.raises(TypeError, match=r"a list of claims: claims=\['tenant'\]"):
        CacheAudience(SECRET, claims="tenant")
    assert SECRET not in repr(Caching(audience=AUDIENCE))
    registered: Any = object()
    with pytest.raises(ValueError, match=r"CacheAudience\(…, clients_share=False\)"):
        GraphQL(SCHEMA, auth=Tokens(), registered=registered, caching=Caching(audience=AUDIENCE))


async def test_who_has_a_response_gets_304_if_it_is_still_the_same() -> None:
    first = await ask(ANYBODY, "{ open }")
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = await ask(ANYBODY, "{ open }", if_none_match=known)
        assert (again.status, again.body) == (304, b"")
        assert told(again) == told(first)
        assert again.headers["etag"] == tag
    assert (await ask(ANYBODY, "{ open }", if_none_match='"x"')).status == 200
    same = await ask(ANYBODY, "{ open }", if_modified_since="Fri, 01 Jan 2100 00:00:00 GMT")
    assert same.status == 200
    QUERY.value = 2
    changed = await ask(ANYBODY, "{ open }", if_none_match=tag)
    assert (changed.status, changed.data) == (200, {"open": 2})
    assert changed.headers["etag"] != tag


def set_cookie(response: ResponseAdditions) -> None:
    response.cookies["a"] = "b"


@pytest.mark.parametrize(
    ("say", "control", "groups"),
    [
        (lambda said: said.narrow_caching(max_age=9), "private, max-age=9", None),
        (lambda said: said.narrow_caching(scope="PRIVATE"), "private, max-age=60", None),
        (lambda said: said.add_cache_groups("b"), "private, max-age=60", '"b"'),
        (set_cookie, "no-store", None),
    ],
)
async def test_the_same_body_is_described_by_what_the_program_says_of_it_now(
    say: Callable[[ResponseAdditions], None], control: str, groups: str | None
) -> None:
    says = False

    def number() -> int:
        if says:
            say(current_response())
        return 1

    sdl = parse_schema("type Query { number: Int @cacheControl(maxAge: 60) }")
    schema = make_executable_schema(sdl, SimpleNamespace(query=SimpleNamespace(number=number)))
    app = GraphQL(schema, auth=Tokens(), sinks=(), caching=Caching(audience=AUDIENCE))
    usual = "private, max-age=60", None
    for says in (False, False, True, True, False, False):  # the resolver looks
        for token in ("a1", "b1"):
            reply = await ask(app, "{ number }", authorization=token)
            found = reply.headers["cache-control"], reply.headers.get("cache-groups")
            assert found == ((control, groups) if says else usual)
    name = await audience("a1")
    for token, shared in (("a1", "public, s-maxage=60"), ("b1", "private, max-age=60")):
        reply = await ask(app, "{ number }", authorization=token, cache_audience=name)
        assert reply.headers["cache-control"] == shared


async def test_each_media_type_has_an_etag_of_its_own() -> None:
    json, graphql = [await ask(ANYBODY, "{ open }", accept=each) for each in (JSON, GRAPHQL)]
    assert json.body == graphql.body
    assert json.headers["etag"] != graphql.headers["etag"]
    swapped = await ask(ANYBODY, "{ open }", accept=JSON, if_none_match=graphql.headers["etag"])
    assert swapped.status == 200


async def test_only_who_may_have_the_response_gets_304() -> None:
    tag = (await ask(CALLING, "{ guarded }", authorization="a1")).headers["etag"]
    assert (await ask(CALLING, "{ guarded }", authorization="a2", if_none_match=tag)).status == 304
    assert (await ask(CALLING, "{ guarded }", authorization="c1", if_none_match=tag)).status == 422
    assert (await ask(CALLING, "{ guarded }", if_none_match="*")).status == 401


async def test_a_response_names_the_groups_that_it_belongs_to() -> None:
    book = await ask(ANYBODY, "{ book { id } }")
    assert book.headers["cache-groups"] == '"Book", "Book:7"'
    again = await ask(ANYBODY, "{ book { id } }", if_none_match=book.headers["etag"])
    assert (again.status, again.headers["cache-groups"]) == (304, '"Book", "Book:7"')
    owned = await ask(ANYBODY, "{ owned }")
    assert owned.headers["cache-groups"] == '"mine", "mine:a%20b"'
    for reply in (await ask(ANYBODY, "{ open }"), await post(ANYBODY, "{ book { id } }")):
        assert "cache-groups" not in reply.headers


@pytest.mark.parametrize(
    ("text", "status", "groups"),
    [
        ("mutation { rename { id } }", 200, '"*", "Book:*", "Book:7"'),
        ("mutation { add }", 200, '"*", "mine"'),
        ("mutation { failing { id } rename { id } }", 294, '"*", "Book", "Book:*", "Book:9"'),
    ],
)
async def test_a_mutation_names_the_groups_that_it_invalidates(
    text: str, status: int, groups: str
) -> None:
    reply = await post(ANYBODY, text)
    assert reply.status == status
    assert reply.headers["cache-group-invalidation"] == groups
    assert told(reply) == ("no-store", "Accept")


async def test_groups_are_named_as_a_cache_reads_them() -> None:
    caching = Caching(group_headers=["xkey", "Surrogate-Key", "Cache-Tag"])
    app = GraphQL(SCHEMA, auth=None, sinks=(), caching=caching)
    headers = (await ask(app, "{ book { id } }")).headers
    assert {name: headers.get(name) for name in ("cache-groups", "xkey", "cache-tag")} == {
        "cache-groups": None,
        "xkey": "Book Book:7",
        "cache-tag": "Book,Book:7",
    }
    assert headers["surrogate-key"] == "Book Book:7"


@pytest.mark.parametrize("vary", ["Accept-Language", ["Accept Language"], [""], ["*"]])
def test_a_header_that_cannot_be_is_an_error_at_start(vary: Any) -> None:
    with pytest.raises(ValueError, match="vary is a list of names of headers"):
        GraphQL(SCHEMA, auth=None, caching=Caching(vary=vary))


@pytest.mark.parametrize("names", ["xkey", ["X-Key"]])
def test_other_headers_of_groups_are_an_error_at_start(names: Any) -> None:
    message = "group_headers is a list of Cache-Groups, xkey, Surrogate-Key, Cache-Tag, and not '"
    with pytest.raises(ValueError, match=message):
        GraphQL(SCHEMA, auth=None, caching=Caching(group_headers=names))
