"""Introspection (RFC 7662) and revocation (RFC 7009)."""

from __future__ import annotations

import msgspec
import pytest
from tests.issuer.asking import API, REST, Answer, Desk, basic

from trunkline.auth.jose import peek
from trunkline.issuer import Store
from trunkline.issuer.signing import rotate

INACTIVE = b'{"active":false}'


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.secrets["web"] = desk.add()
    desk.secrets["other"] = desk.add("other")
    desk.secrets["api"] = desk.add("api", grants={}, serves=[API])
    desk.secrets["rest"] = desk.add("rest", grants={}, serves=[REST])
    return desk


def token(desk: Desk, client_id: str = "web") -> str:
    return str(desk.token(client_id, desk.secrets[client_id]).body["access_token"])


def ask(desk: Desk, caller: str, text: str, path: str = "/introspect", **form: str) -> Answer:
    return desk.ask({"token": text, **form}, basic(caller, desk.secrets[caller]), path=path)


def test_a_resource_is_told_of_tokens_for_it(desk: Desk) -> None:
    text = token(desk)
    assert ask(desk, "api", text).body == {
        "active": True,
        "token_type": "Bearer",
        "iss": "https://auth.example",
        "aud": API,
        "sub": "web",
        "client_id": "web",
        "scope": "todos:read todos:write",
        "iat": int(desk.now),
        "exp": int(desk.now) + 600,
        "jti": peek(text, "jti"),
    }


def test_in_01_the_caller_authenticates_and_posts_a_form(desk: Desk) -> None:
    answer = desk.ask({"token": token(desk)}, path="/introspect")
    assert (answer.status, answer.error) == (401, "invalid_client")
    headers = (("content-type", "application/json"), basic("api", desk.secrets["api"]))
    assert desk.ask(b"{}", *headers, path="/introspect").status == 400
    missing = desk.ask({}, basic("api", desk.secrets["api"]), path="/introspect")
    assert (missing.status, missing.error) == (400, "invalid_request")


def test_in_02_in_03_all_others_are_told_nothing(desk: Desk) -> None:
    text = token(desk)
    for caller in ("rest", "other"):
        assert ask(desk, caller, text).raw == INACTIVE
    assert ask(desk, "web", text).body["active"] is True  # its own
    for wrong in ("x", text[:-2], f"{text}.x", text.replace(".", "..", 1), "x" * 60_000):
        assert ask(desk, "api", wrong).raw == INACTIVE
    foreign = Desk()
    foreign.secrets["web"] = foreign.add()
    assert ask(desk, "api", token(foreign)).raw == INACTIVE


def test_in_03_expired_revoked_and_withdrawn_tokens_are_inactive(desk: Desk) -> None:
    expired, revoked = token(desk), token(desk)
    assert ask(desk, "web", revoked, "/revoke").status == 200
    assert ask(desk, "api", revoked).raw == INACTIVE
    assert ask(desk, "api", expired).body["active"] is True
    desk.now += 600
    assert ask(desk, "api", expired).raw == INACTIVE


def test_in_03_a_revoked_clients_tokens_are_inactive_within_a_second(desk: Desk) -> None:
    text = token(desk)
    desk.store.change("web", lambda client: msgspec.structs.replace(client, revoked=desk.now))
    desk.now += 1
    assert ask(desk, "api", text).raw == INACTIVE


def test_in_03_a_withdrawn_keys_tokens_are_inactive(desk: Desk) -> None:
    text = token(desk)
    rotate(desk.store, "ES256", desk.now, at_once=True)
    desk.now += 30
    assert ask(desk, "api", text).raw == INACTIVE
    assert ask(desk, "api", token(desk)).body["active"] is True


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
def test_in_05_hints_change_nothing(desk: Desk, hint: str) -> None:
    text = token(desk)
    assert ask(desk, "api", text, token_type_hint=hint).body["active"] is True
    assert ask(desk, "web", text, "/revoke", token_type_hint=hint).status == 200
    assert ask(desk, "api", text).raw == INACTIVE


def test_rv_01_unknown_tokens_are_revoked_as_well_as_others(desk: Desk) -> None:
    for text in ("x", token(desk), token(desk)[:-1]):
        answer = ask(desk, "web", text, "/revoke")
        assert answer.status == 200


def test_rv_02_only_the_owner_revokes(desk: Desk) -> None:
    text = token(desk)
    assert ask(desk, "other", text, "/revoke").status == 200
    assert ask(desk, "api", text, "/revoke").status == 200
    assert ask(desk, "api", text).body["active"] is True


def test_revocation_outlives_the_issuer(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('issuer')}/issuer.db"
    before = Desk(Store(url))
    before.secrets["web"] = before.add()
    kept, revoked = token(before), token(before)
    ask(before, "web", revoked, "/revoke")
    before.store.close()
    after = Desk(Store(url))
    after.secrets = before.secrets
    assert ask(after, "web", kept).body["active"] is True
    assert ask(after, "web", revoked).raw == INACTIVE
    after.store.close()
