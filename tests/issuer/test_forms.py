"""Forms and headers as nobody should send them: refused, and never an error of ours."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.issuer.asking import API, Desk, basic, unlimited

from trunkline.issuer.messages import OAuthError, read_form
from trunkline.issuer.secrets import make_secret

HEADERS = {b"content-type": b"application/x-www-form-urlencoded"}
NAMES = [
    *("grant_type", "scope", "resource", "client_id", "client_secret", "client_assertion"),
    *("client_assertion_type", "token", "token_type_hint", "other"),
]
VALUES = ["client_credentials", "todos:read", API, "web", "", "x", "\x00", "é", '"', "%", "a b"]
PAIRS = st.lists(
    st.tuples(st.sampled_from(NAMES) | st.text(), st.sampled_from(VALUES) | st.text()), max_size=8
)


@pytest.fixture(scope="module")
def desk() -> Desk:
    desk = unlimited()
    desk.secrets["web"] = desk.add("web")
    return desk


@settings(max_examples=300, deadline=None)
@given(pairs=PAIRS, path=st.sampled_from(["/token", "/introspect", "/revoke"]), data=st.data())
def test_without_the_secret_no_form_gets_anything(
    desk: Desk, pairs: list[tuple[str, str]], path: str, data: Any
) -> None:
    body = urlencode(pairs, errors="replace").encode()
    if data.draw(st.booleans()):
        cut = data.draw(st.integers(0, len(body)))
        body = body[:cut] + data.draw(st.binary(max_size=6)) + body[cut:]
    headers = [basic("web", make_secret())] if data.draw(st.booleans()) else []
    answer = desk.ask(body, *headers, path=path)
    assert answer.status in {400, 401}
    assert answer.error in {"invalid_request", "invalid_client"}


@settings(max_examples=200, deadline=None)
@given(pairs=PAIRS)
def test_with_the_secret_only_what_was_granted(desk: Desk, pairs: list[tuple[str, str]]) -> None:
    answer = desk.ask(urlencode(pairs, errors="replace"), basic("web", desk.secrets["web"]))
    assert answer.status in {200, 400, 401}
    if answer.status == 200:
        assert set(answer.body["scope"].split()) <= {"todos:read", "todos:write", "rest:read"}
        assert dict(pairs)["grant_type"] == "client_credentials"


@settings(max_examples=300, deadline=None)
@given(value=st.binary(max_size=60) | st.text().map(lambda text: text.encode()))
def test_no_authorization_header_is_an_error_of_ours(desk: Desk, value: bytes) -> None:
    for scheme in (b"", b"Basic ", b"basic ", b"Bearer "):
        header = ("authorization", (scheme + value).decode("latin-1"))
        answer = desk.ask({"grant_type": "client_credentials"}, header)
        assert answer.status in {400, 401}


@settings(max_examples=500, deadline=None)
@given(pairs=st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=10))
def test_forms_are_read_as_they_were_written(pairs: list[tuple[str, str]]) -> None:
    body = urlencode(pairs).encode()
    names = [name for name, value in pairs if value and name != "resource"]
    if len(names) != len(set(names)):
        with pytest.raises(OAuthError):
            read_form(HEADERS, body)
        return
    form, _ = read_form(HEADERS, body)
    assert form == {name: value for name, value in parse_qsl(body.decode()) if name != "resource"}
