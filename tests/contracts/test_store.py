"""The stores in databases: whole publications, immutable versions, bounded records."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.waiting import until

from trunkline.contracts.contract import Audience, Contract, UnknownDocument
from trunkline.contracts.store import open_store
from trunkline.errors import StoreError

DOCUMENTS = {"a": "{ a }", "b": '{ b(text: "Ä\\u0000\x00") }'}


def contract(version: str = "1", **values: Any) -> Contract:
    given = {"documents": DOCUMENTS, "published": 1.0, "used": 1.0, **values}
    return Contract(client="billing", version=version, **given)


def test_a_contract_is_kept_as_it_is(store: str) -> None:
    opened = open_store(store)
    audience = Audience(frozenset({"todos:read"}), frozenset({"owner"}), is_told=False)
    given = contract(audience=audience, is_proven=False, checked="schema 1")
    before = opened.revision()
    assert opened.publish(given) is None
    assert opened.revision() != before
    assert open_store(store).contracts() == [given]
    assert opened.contracts([contract(documents={"known": ""})])[0].documents == {"known": ""}
    opened.mark(contract(checked="schema 2"))
    assert opened.contracts()[0].checked == "schema 2"


def test_a_version_never_changes(store: str) -> None:
    opened = open_store(store)
    first = contract()
    opened.publish(first)
    revision = opened.revision()
    assert opened.publish(contract(documents={"a": "{ other }"}, published=2.0)) == first
    assert (opened.contracts(), opened.revision()) == ([first], revision)


def test_of_two_publications_at_once_one_wins(store: str) -> None:
    stores = [open_store(store) for _ in range(4)]
    contracts = [contract(documents={"n": str(number)}) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda one, other: one.publish(other), stores, contracts))
    (winner,) = [mine for there, mine in zip(results, contracts, strict=True) if there is None]
    assert [there for there in results if there] == [winner] * 3
    assert stores[0].contracts() == [winner]


KILLED = """
import os, signal, sys
from trunkline.contracts.contract import Contract
from trunkline.contracts.store import open_store

store = open_store(sys.argv[1])
store.changed = lambda run: os.kill(os.getpid(), signal.SIGKILL)  # between two statements
store.publish(Contract(client="billing", version="1", documents={"a": "{ killed }"}))
"""


def test_a_publication_that_is_killed_half_way_leaves_nothing(store: str) -> None:
    opened = open_store(store)
    revision = opened.revision()
    done = subprocess.run([sys.executable, "-c", KILLED, store], check=False)  # noqa: S603
    assert done.returncode == -signal.SIGKILL
    assert (opened.contracts(), opened.revision()) == ([], revision)
    assert opened.publish(contract()) is None


def test_contracts_are_retired_and_expire(store: str) -> None:
    opened = open_store(store)
    opened.publish(contract("1"))
    opened.publish(contract("2"))
    revision = opened.revision()
    assert opened.retire("billing", "1", 5.0)
    assert opened.revision() != revision
    assert not opened.retire("billing", "1", 6.0)
    assert not opened.retire("billing", "3", 6.0)
    day = 86_400.0
    opened.note({("billing", "2"): 2 * day, ("billing", "none"): day}, [], 0.0)
    opened.note({("billing", "2"): day}, [], 0.0)  # of another process, which was slower
    first, second = opened.contracts()
    assert first.retired == 5.0
    assert second.used == 2 * day
    assert [each.state(9 * day, 7) for each in (first, second)] == ["retired", "active"]
    assert second.state(9 * day + 1, 7) == "expired"
    opened.renew(contract("2", used=9 * day))
    assert opened.contracts()[1].state(9 * day + 1, 7) == "active"


def test_rules(store: str) -> None:
    opened = open_store(store)
    revision = opened.revision()
    opened.set_rule("billing", "log")
    opened.set_rule("billing", "only")
    opened.set_rule("web", "allow")
    assert opened.rules() == {"billing": "only", "web": "allow"}
    assert opened.revision() != revision


def unknown(client: str, number: int, last: float = 2.0) -> UnknownDocument:
    return UnknownDocument(client, f"sha256:{number}", f"{{ a{number} }}", 1, 1.0, last)


def test_unknown_documents_are_counted_and_bounded(store: str) -> None:
    opened = open_store(store)
    opened.note({}, [unknown("web", 1), unknown("billing", 1)], 0.0)
    opened.note({}, [unknown("web", 1, 3.0), unknown("web", 2, 4.0)], 0.0)
    one, two = opened.unknown("web")
    assert (one.id, one.text, one.count) == ("sha256:2", "{ a2 }", 1)
    assert (two.count, two.first, two.last) == (2, 1.0, 3.0)
    assert opened.unknown("nobody") == []
    opened.note({}, [unknown("web", number, float(number)) for number in range(10, 600)], 2.5)
    assert [each.last for each in opened.unknown("web")] == [float(n) for n in range(599, 99, -1)]
    assert opened.unknown("billing") == []  # what was not sent for long is forgotten


def test_unknown_documents_are_bounded_whatever_clients_call_themselves(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.contracts.database._MOST_ROWS", 3)
    opened = open_store(store)
    for number in range(10):
        opened.note({}, [unknown(f"client {number}", 1, float(number))], 0.0)
    kept = [number for number in range(10) if opened.unknown(f"client {number}")]
    assert kept == [7, 8, 9]


def test_a_change_wakes_whoever_waits(postgresql: str) -> None:
    one, other = open_store(postgresql), open_store(postgresql)
    with one.watching() as wait:
        other.set_rule("billing", "only")
        until(wait, "nobody tells of the change")
        assert not wait()
    assert one.rules() == {"billing": "only"}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///", "names its file"),
        ("sqlite:///:memory:", "names its file"),
        ("sqlite:////nowhere/documents.db", "unable to open database file"),
        ("postgresql://api:hidden@/none?host=/nowhere", "The store postgresql:///none cannot be"),
        (
            "postgresql://h/none?host=/nowhere&password=hidden",
            "The store postgresql:///none",
        ),
        ("postgresql://?nonsense=1", "cannot be used"),
        (
            "postgresql://hidden:hidden?hidden@localhost:1/none",
            "The store postgresql://localhost/none",
        ),
        ("postgresql://api:hidden/hidden@localhost/none", "cannot be used: it must be"),
        ("postgresql://api:1/hidden@localhost/none", "cannot be used: it must be"),
        ("postgresql://localhost:1/none?password=x@hidden", "postgresql://localhost/none"),
        ("mysql://host", "There is no folder"),
        ("nowhere", "There is no folder nowhere"),
    ],
)
def test_a_store_that_cannot_be_used(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as refused:
        open_store(url)
    assert "hidden" not in str(refused.value)
