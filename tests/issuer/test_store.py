"""The store, on SQLite and on PostgreSQL: the same, also when several work on it at once."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete
from tests.issuer.asking import API, Desk

from trunkline.errors import StoreError
from trunkline.issuer import RegisteredClient, Store, with_new_secret
from trunkline.issuer.signing import rotate
from trunkline.issuer.store import _METADATA


@pytest.fixture(scope="module", params=["sqlite", "memory", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("new_database")()  # type: ignore[no-any-return]
    if request.param == "memory":
        return "sqlite://"
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'issuer.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    with store._begin() as connection:
        for table in _METADATA.tables.values():
            connection.execute(delete(table))
    yield store
    store.close()


def client(client_id: str = "web") -> RegisteredClient:
    made, _ = with_new_secret(
        RegisteredClient(client_id, grants={API: ["todos:read"]}), 1.0, grace=0
    )
    return made


def test_ta_10_a_grant_needs_nothing_written_but_what_protects_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When a secret was used, and what has expired, may be written another time."""
    desk = Desk()
    secret = desk.add()
    assert desk.token("web", secret).status == 200

    def fails(*_arguments: object, **_named: object) -> None:
        raise StoreError("The disk is full.")

    for name in ("note_use", "forget", "add_key"):
        monkeypatch.setattr(Store, name, fails)
    for seconds in (61, 60, 91 * 86_400):  # the last one is time for a new key
        desk.now += seconds
        assert desk.token("web", secret).status == 200
        assert desk.get("/jwks").status == 200
    assert Desk().get("/jwks").status == 503  # there is no key yet


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_ta_11_a_file_that_others_may_use_is_no_store(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "issuer.db"
    Store(f"sqlite:///{path}").close()
    path.chmod(mode)
    with pytest.raises(StoreError, match="chmod 600"):
        Store(f"sqlite:///{path}")
    path.chmod(0o600)
    store = Store(f"sqlite:///{path}")
    store.add(client())
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}


def test_clients_are_kept_as_they_were(store: Store) -> None:
    added = client()
    store.add(added)
    store.add(client("another"))
    assert store.client("web") == added
    assert store.client("nobody") is None
    assert [each.client_id for each in store.clients()] == ["another", "web"]


def test_an_id_is_given_once(store: Store) -> None:
    store.add(client())
    with pytest.raises(ValueError, match="already a client with the id 'web'"):
        store.add(client())


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"client_id": "a b"}, "letters, digits"),
        ({"client_id": ""}, "letters, digits"),
        ({"lifetime": 59}, "60 to 3600"),
        ({"lifetime": 3601}, "60 to 3600"),
        ({"grants": {"graphql": []}}, "not a resource"),
        ({"grants": {API: ["a b"]}}, "not a scope"),
        ({"serves": ["#x"]}, "not a resource"),
        ({"method": "private_key_jwt"}, "private_key_jwt needs"),
        ({"method": "private_key_jwt", "jwks": [{"kty": "oct", "k": "A" * 43}]}, "public key"),
        ({"method": "private_key_jwt", "jwks": [{"kty": "EC"}]}, "JSON Web Key"),
        ({"method": "tls_client_auth", "subject": ("cn", "web")}, "subject_dn"),
        ({"method": "tls_client_auth", "subject": ("san_ip", "web")}, "web"),
        ({"method": "self_signed_tls_client_auth", "certificates": ["x"]}, "as PEM"),
    ],
)
def test_clients_that_can_never_work_are_not_kept(
    store: Store, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        store.add(msgspec.structs.replace(client(), **fields))
    assert store.clients() == []


def test_changes_at_the_same_time_are_all_made(store: Store) -> None:
    store.add(client())

    def grant(scope: str) -> None:
        def change(found: RegisteredClient) -> RegisteredClient:
            grants = {API: [*found.grants[API], scope]}
            return msgspec.structs.replace(found, grants=grants)

        store.change("web", change)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(grant, [f"scope{n}" for n in range(40)]))
    found = store.client("web")
    assert found is not None
    assert len(found.grants[API]) == 41
    with pytest.raises(KeyError):
        store.change("nobody", lambda found: found)


def test_pk_05_of_many_processes_one_claims_an_id(store: Store, url: str) -> None:
    others = [store] if url == "sqlite://" else [store, Store(url), Store(url)]
    start = threading.Barrier(12)

    def claim(n: int) -> bool:
        start.wait()
        return others[n % len(others)].claim("an id", time.time() + 60)

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(claim, range(12))) == 1
    for other in others[1:]:
        other.close()


def test_of_many_rotations_at_once_one_is_made(store: Store) -> None:
    first = rotate(store, "ES256", 1.0)
    start = threading.Barrier(6)

    def follow(_: int) -> str:
        start.wait()
        return rotate(store, "ES256", 2.0).kid

    with ThreadPoolExecutor(6) as threads:
        made = set(threads.map(follow, range(6)))
    kept = {key.kid for key in store.keys()}  # noqa: SIM118  # no mapping
    assert kept == {first.kid, *made}


def test_when_a_secret_was_used(store: Store) -> None:
    store.note_use("web", "a", 1.0)
    store.note_use("web", "a", 2.0)
    store.note_use("web", "b", 3.0)
    store.note_use("other", "a", 4.0)
    assert store.uses("web") == {"a": 2.0, "b": 3.0}


def test_the_issuer_notes_it_by_the_minute() -> None:
    desk = Desk()
    secret = desk.add()
    first = desk.now
    for _ in range(3):
        desk.token("web", secret)
        desk.now += 1
    assert list(desk.store.uses("web").values()) == [first]
    desk.now += 60
    desk.token("web", secret)
    assert list(desk.store.uses("web").values()) == [desk.now]


def test_two_secrets_live_at_a_time() -> None:
    desk = Desk()
    one = desk.add()
    made: list[str] = []

    def rotated(grace: float) -> str:
        def change(found: RegisteredClient) -> RegisteredClient:
            found, secret = with_new_secret(found, desk.now, grace=grace)
            made.append(secret)
            return found

        desk.store.change("web", change)
        return made[-1]

    def works(secret: str) -> bool:
        return desk.token("web", secret).status == 200

    two = rotated(3600)
    assert works(one) and works(two)  # noqa: PT018  # at once, though the client was remembered
    desk.now += 3600
    assert works(two) and not works(one)  # noqa: PT018
    three = rotated(3600)
    four = rotated(3600)
    desk.now += 1  # what was remembered of the client
    assert [works(secret) for secret in (two, three, four)] == [False, True, True]


def test_a_secret_ends_when_it_is_said_to() -> None:
    desk = Desk()
    made, secret = with_new_secret(
        RegisteredClient("web", grants={API: []}), desk.now, grace=0, lifetime=90
    )
    desk.store.add(made)
    assert desk.token("web", secret).status == 200
    desk.now += 90
    assert desk.token("web", secret).status == 401


def test_a_revoked_client_gets_no_token_a_second_later() -> None:
    desk = Desk()
    secret = desk.add()
    assert desk.token("web", secret).status == 200
    desk.store.change("web", lambda found: msgspec.structs.replace(found, revoked=desk.now))
    desk.now += 1
    assert desk.token("web", secret).status == 401


def test_a_file_of_sqlite_is_its_owners(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'issuer.db'}")
    rotate(store, "ES256", 1.0)
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "sqlite:///issuer.db or postgresql"),
        ("mysql://x", "sqlite:///issuer.db or postgresql"),
        ("sqlite:////nowhere/issuer.db", "No such file"),
        ("postgresql://user:pass-word@127.0.0.1:1/x", "refused"),
    ],
)
def test_a_store_that_cannot_be_used_says_why(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        Store(url)
    assert "pass-word" not in str(caught.value)


def test_a_dump_of_the_store_has_no_secret(tmp_path: Path) -> None:
    desk = Desk(Store(f"sqlite:///{tmp_path / 'issuer.db'}"))
    secrets = [desk.add(), desk.add("chosen", chosen="correct horse battery staple")]
    desk.token("web", secrets[0])
    desk.store.close()
    dumped = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not any(secret.encode() in dumped for secret in secrets)
