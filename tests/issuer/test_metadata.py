"""Metadata (RFC 8414) and the keys that follow each other (RFC 7517)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.issuer.asking import API, URL, Desk

from trunkline.auth.urls import metadata_urls
from trunkline.issuer import Store
from trunkline.issuer.keys import ANNOUNCED, OVERLAP, KeyRing
from trunkline.issuer.signing import rotate

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}
WELL_KNOWN = "/.well-known/oauth-authorization-server"
DAY = 86_400.0


def published(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.get("/jwks").body["keys"])


def kid_of(desk: Desk, secret: str) -> str:
    token: str = desk.token("web", secret).body["access_token"]
    return str(json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))["kid"])


def test_md_01_metadata_has_its_place_and_type(desk: Desk) -> None:
    answer = desk.get(WELL_KNOWN)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert desk.get(WELL_KNOWN, "HEAD").raw == b""
    assert desk.get(WELL_KNOWN, "POST").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("root_path", "path"),
    [("", "/tenant1/token"), ("/tenant1", "/tenant1/token"), ("/tenant1", "/token")],
)
def test_md_01_an_issuer_below_a_path(root_path: str, path: str) -> None:
    desk = Desk(url=f"{URL}/tenant1")
    answer = desk.get(f"{WELL_KNOWN}/tenant1")
    assert answer.body["token_endpoint"] == f"{URL}/tenant1/token"
    assert desk.issuer.metadata_url == f"{URL}{WELL_KNOWN}/tenant1"
    assert desk.ask({}, path=path, root_path=root_path).error == "invalid_client"


def test_md_01_where_metadata_may_be() -> None:
    assert metadata_urls(f"{URL}/tenant1/") == (
        f"{URL}{WELL_KNOWN}/tenant1",
        f"{URL}/tenant1/.well-known/openid-configuration",
    )


@pytest.mark.parametrize("url", [f"{URL}?x", f"{URL}#x", f"{URL}/?", "auth.example", "https://"])
def test_md_02_what_an_issuers_url_is_not(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        Desk(url=url)


def test_md_02_md_03_what_metadata_says(desk: Desk) -> None:
    said = desk.get(WELL_KNOWN).body
    assert said["issuer"] == URL
    assert said["grant_types_supported"] == ["client_credentials"]
    assert said["response_types_supported"] == []
    assert said["jwks_uri"] == f"{URL}/jwks"
    for name in ("token", "introspection", "revocation"):
        assert said[f"{name}_endpoint"].startswith(URL)
        assert "private_key_jwt" in said[f"{name}_endpoint_auth_methods_supported"]
        algorithms = said[f"{name}_endpoint_auth_signing_alg_values_supported"]
        assert {"ES256", "RS256"} <= set(algorithms)
        assert not any(name.lower() == "none" or name.startswith("HS") for name in algorithms)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_jw_01_jw_02_keys_are_public_and_named(algorithm: str) -> None:
    desk = Desk(algorithm=algorithm)
    rotate(desk.store, algorithm, desk.now)
    rotate(desk.store, algorithm, desk.now)
    keys = published(desk)
    assert len({key["kid"] for key in keys}) == len(keys) >= 2
    for key in keys:
        assert not PRIVATE & set(key)
        assert (key["use"], key["alg"]) == ("sig", algorithm)
    assert desk.get("/jwks").headers["content-type"] == "application/jwk-set+json"


def test_jw_05_a_key_is_announced_before_it_signs_and_stays_while_its_tokens_live() -> None:
    desk = Desk(rotation=DAY)
    secret = desk.add()
    first = kid_of(desk, secret)
    desk.now += DAY
    assert kid_of(desk, secret) == first
    (second,) = {key["kid"] for key in published(desk)} - {first}
    desk.now += ANNOUNCED - 1
    assert kid_of(desk, secret) == first
    desk.now += 1
    assert kid_of(desk, secret) == second
    desk.now += OVERLAP - 1
    assert {key["kid"] for key in published(desk)} == {first, second}
    desk.now += 31
    assert {key["kid"] for key in published(desk)} == {second}


def test_jw_05_verifiers_cache_for_less_than_a_key_is_announced(desk: Desk) -> None:
    seconds = int(desk.get("/jwks").headers["cache-control"].rpartition("=")[2])
    assert seconds <= ANNOUNCED / 2


def test_of_several_processes_one_makes_the_next_key() -> None:
    store = Store("sqlite://")
    one, two = Desk(store, rotation=DAY), Desk(store, rotation=DAY)
    secret = one.add()
    assert kid_of(one, secret) == kid_of(two, secret)
    one.now = two.now = one.now + DAY + 60
    for desk in (one, two):
        assert len(published(desk)) == 2
    assert len(store.keys()) == 2


def test_a_stolen_key_is_withdrawn_at_once(desk: Desk) -> None:
    secret = desk.add()
    stolen = kid_of(desk, secret)
    key = rotate(desk.store, "ES256", desk.now, at_once=True)
    desk.now += 30
    assert [each["kid"] for each in published(desk)] == [key.kid]
    assert kid_of(desk, secret) == key.kid != stolen


def test_two_algorithms_do_not_follow_each_other() -> None:
    store = Store("sqlite://")
    desk, other = Desk(store), Desk(store, algorithm="RS256")
    secret = desk.add()
    ec, rsa = kid_of(desk, secret), kid_of(other, secret)
    assert KeyRing(store.keys()).find(ec, desk.now) is not None
    assert {key["kid"] for key in published(other)} == {ec, rsa}


def test_a_keys_private_part_is_not_shown() -> None:
    store = Store("sqlite://")
    key = rotate(store, "ES256", 0.0)
    assert key.jwk["d"] not in repr(key)
    assert key.jwk["d"] not in repr([key])
    assert API not in repr(store)
