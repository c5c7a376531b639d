"""`trunkline publish` and what `trunkline clients` says of documents, against a real server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from benchmarks.load import free_port
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from tests.server.calling import Endpoint
from tests.serving import serving
from tests.waiting import PATIENCE, until
from typer.testing import CliRunner

from trunkline.auth import Verifier
from trunkline.cli.commands import app
from trunkline.contracts import DocumentRegistry, registry
from trunkline.contracts.store import open_store
from trunkline.issuer import Issuer, RegisteredClient, Store, with_new_secret
from trunkline.protocol.documents import document_id

ONE = "query One($id: ID!) { todo(id: $id) { title } }"
TWO = "{ number(value: 2) }"
API = "https://todo.example"


@dataclass
class Place:
    """An API with an issuer, and one that asks for no tokens; each with its store."""

    proven: str
    open: str
    issuer: str
    secret: str
    store: str
    open_store: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_NOTED_EVERY", 0.1)
        yield from serve(tmp_path_factory)


def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("publish")
    stores = [f"sqlite:///{folder / name}.db" for name in ("proven", "open")]
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    clients = Store("sqlite://")
    client, secret = with_new_secret(
        RegisteredClient("billing", grants={API: ["documents:publish"]}), time.time(), grace=0
    )
    clients.add(client)
    registries = [DocumentRegistry(store) for store in stores]
    proven = Endpoint(auth=Verifier(issuer, audience=API), registered=registries[0])
    server = Starlette(
        routes=[
            Route("/graphql{rest:path}", proven),
            Route("/open{rest:path}", Endpoint(registered=registries[1])),
            Route("/plain{rest:path}", Endpoint()),
            Mount("/", Issuer(issuer, clients, development=True)),
        ]
    )
    with serving(server, port):
        root = f"http://127.0.0.1:{port}"
        yield Place(f"{root}/graphql", f"{root}/open", issuer, secret, *stores)
    for each in registries:
        each.close()


def run(*arguments: str, text: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments, input=text)
    return result.exit_code, result.stdout, result.stderr


def manifest(folder: Path, *texts: str) -> str:
    path = folder / "manifest.json"
    path.write_text(json.dumps({document_id(each): each for each in texts}, indent=0))
    return str(path)


def test_a_client_publishes_with_its_own_credentials(place: Place, tmp_path: Path) -> None:
    given = ["publish", "--to", place.proven, "--manifest", manifest(tmp_path, ONE, TWO)]
    credentials = ["--issuer", place.issuer, "--client-id", "billing", "--secret-file", "-"]
    credentials += ["--resource", API]
    status, out, err = run(*given, "--version", "2.3.1", *credentials, text=f"{place.secret}\n")
    assert (status, out, err) == (0, "Published billing@2.3.1, 2 documents.\n", "")
    status, out, err = run(*given, "--version", "2.3.1", *credentials, text=place.secret)
    assert (status, out, err) == (0, "Published already: billing@2.3.1, 2 documents.\n", "")
    status, _, err = run(*given, "--version", "2.3.1")
    assert status == 1
    assert err.startswith("Nothing was published: The request has no access token")
    status, _, err = run(*given, "--version", "3", *credentials, text="wrong")
    assert status == 1
    assert "invalid_client" in err
    status, _, err = run(*given, "--version", "3", "--header", "Authorization: Bearer nonsense")
    assert status == 1
    assert "Nothing was published: " in err


def test_wrong_documents_are_told_with_their_place(place: Place, tmp_path: Path) -> None:
    path = manifest(tmp_path, ONE, "{\n  nix\n}")
    status, out, err = run("publish", "--to", place.open, "--manifest", path, "--version", "1")
    assert (status, out) == (1, "")
    assert "GraphQL-Client-Name" in err
    given = ["publish", "--to", place.open, "--client", "wrong"]
    status, out, err = run(*given, "--manifest", path, "--version", "1")
    assert (status, out) == (1, "")
    assert err == (
        f"{path}:3: document {document_id('{' + chr(10) + '  nix' + chr(10) + '}')}, line 2,"
        " column 3: Cannot query field 'nix' on type 'Query'.\n"
        "Nothing was published: the API refused 1 document.\n"
    )
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "two.graphql").write_text("{ nix }")
    status, _, err = run(*given, "--manifest", str(tmp_path / "documents"), "--version", "1")
    assert err.startswith(f"{tmp_path}/documents/two.graphql:1:3: Cannot query field 'nix'")
    status, _, err = run("clients", "documents", "wrong", "--documents", place.open_store)
    assert (status, err) == (
        1,
        "wrong has no registered documents; `trunkline clients documents` lists all.\n",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--version", "!"], "'!' is not a version"),
        (["--version", "1", "--manifest", "none.json"], "none.json: No such file or directory.\n"),
        (["--version", "1", "--client-id", "x"], "Credentials need --issuer"),
        (["--version", "1", "--issuer", "http://x", "--client-id", "x"], "and --secret-file or"),
        (["--version", "1", "--header", "nonsense"], "--header must be NAME:VALUE"),
        (["--version", "1", "--header", "a: ${NONE}"], "variable NONE is not set"),
        (["--version", "1", "--client", "a\nb"], "client-name"),
        (["--version", "1", "--to", "nowhere"], "begins with http:// or https://"),
    ],
)
def test_wrong_options(place: Place, tmp_path: Path, options: list[str], message: str) -> None:
    defaults = ["--to", place.open, "--manifest", manifest(tmp_path, ONE), "--client", "web"]
    status, out, err = run("publish", *defaults, *options)
    assert (status, out) == (1, "")
    assert message in err
    assert "Traceback" not in err


def test_another_server_is_recognized(place: Place, tmp_path: Path) -> None:
    given = ["--manifest", manifest(tmp_path, ONE), "--version", "1"]
    for url in (place.open.replace("/open", "/plain"), place.open.replace("/open", "/none")):
        status, _, err = run("publish", "--to", url, *given)
        assert status == 1
        assert "GraphQL(…, registered=…)" in err


def test_the_manifest_and_the_url_of_the_project(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest(tmp_path, TWO)
    (tmp_path / "trunkline.toml").write_text(
        f'[client]\nname = "Shop"\nmodule = "shop"\noperations = "x"\nschema = "{place.open}"\n'
        'manifest = "manifest.json"\n'
    )
    monkeypatch.chdir(tmp_path)
    status, out, _ = run("publish", "--client", "shop", "--version", "1")
    assert (status, out) == (0, "Published shop@1, 1 document.\n")
    monkeypatch.chdir(tmp_path.parent)
    status, _, err = run("publish", "--version", "1")
    assert (status, err.partition(":")[0]) == (1, "Name the manifest")
    status, _, err = run("publish", "--version", "1", "--manifest", str(tmp_path / "manifest.json"))
    assert (status, err.partition(":")[0]) == (1, "Name the URL of the API")


def test_what_is_known_of_a_client(place: Place, tmp_path: Path) -> None:
    store = ["--documents", place.open_store]
    path = manifest(tmp_path, ONE)
    given = ["--to", place.open, "--client", "ledger"]
    status, out, err = run("publish", *given, "--manifest", path, "--version", "1")
    assert (status, out) == (0, "Published ledger@1, 1 document.\n")
    assert err == "The name of the client is not proven: the API has no auth.\n"
    status, out, _ = run("clients", "documents", "ledger", *store)
    assert out.startswith("ledger@1                 active        1 document  published 2")
    assert out.endswith("  unproven\n")
    status, out, _ = run("clients", "documents", "ledger@1", *store)
    assert out == f"{document_id(ONE)}  {ONE}\n"

    headers = {"graphql-client-name": "ledger"}
    assert (
        httpx2.post(place.open, json={"query": TWO}, headers=headers, timeout=PATIENCE).status_code
        == 200
    )

    def shown() -> str:
        return run("clients", "show", "ledger", *store)[1]

    until(lambda: document_id(TWO) in shown(), "the unknown document is not noted")
    assert "rule         none of its own; the API's applies" in shown()
    assert "unknown      in the last 30 days: 1 document, which the rule `only` refus" in shown()
    status, out, err = run("clients", "rule", "ledger", "only", *store)
    assert (status, out) == (0, "")
    assert err == "ledger: only (it may send only documents that it registered).\n"

    def refuses() -> bool:
        reply = httpx2.post(place.open, json={"query": TWO}, headers=headers, timeout=PATIENCE)
        return reply.status_code == 403

    until(refuses, "the rule is not followed")
    assert "rule         only: it may send only documents that it registered" in shown()
    run("publish", *given, "--manifest", manifest(tmp_path, TWO), "--version", "2")
    assert "unknown      in the last 30 days: none" in shown()
    assert run("clients", "retire", "ledger@1", *store) == (0, "", "Retired ledger@1.\n")
    assert "ledger@1                 retired" in shown()
    status, _, err = run("clients", "retire", "ledger@1", *store)
    assert (status, err) == (1, "ledger@1 was never published, or is retired already.\n")


def test_a_client_of_the_issuer_and_of_the_api(tmp_path: Path) -> None:
    issuer = ["--store", f"sqlite:///{tmp_path / 'issuer.db'}"]
    folder = tmp_path / "documents"
    (folder / "billing").mkdir(parents=True)
    (folder / "billing" / "1.json").write_text(json.dumps({document_id(TWO): TWO}))
    assert run("clients", "add", "billing", "--grant", f"{API}=a", *issuer)[0] == 0
    status, out, _ = run("clients", "show", "billing", *issuer, "--documents", str(folder))
    words = [line.split()[0] for line in out.splitlines()]
    assert status == 0
    assert words[:3] == ["client", "state", "method"]
    assert words[-3:] == ["rule", "version", "unknown"]
    assert " ".join(out.split()).count("billing@1 active 1 document published never") == 1
    assert "a folder keeps no record" in out


def test_wrong_names_of_clients_and_stores(place: Place, tmp_path: Path) -> None:
    store = ["--documents", place.open_store]
    for arguments, message in (
        (["retire", "ledger", *store], "'ledger' is not a version: write the client"),
        (["retire", "nobody@1", *store], "nobody@1 was never published"),
        (["show", "nobody", *store], "nobody has registered no documents, and sent none."),
        (["documents"], "--documents postgresql://user@host/database"),
        (["documents", "--documents", str(tmp_path / "none")], "There is no folder"),
        (["retire", "a@1", "--documents", str(tmp_path)], "To retire it, remove"),
        (["rule", "a", "only", "--documents", str(tmp_path)], '["a"] and unknown = "only"'),
    ):
        status, out, err = run("clients", *arguments)
        assert (status, out) == (1, "")
        assert message in err
    status, _, err = run("clients", "rule", "nobody", "log", *store)
    assert (status, "nobody has registered no documents yet." in err) == (0, True)
    assert run("clients", "rule", "nobody", "never", *store)[0] == 2


def test_a_store_or_a_name_that_is_not_there_is_told(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    missing = ["--documents", "sqlite:///typo.db"]
    for command in (["documents"], ["rule", "a", "log"], ["retire", "a@1"], ["show", "a"]):
        status, _, err = run("clients", *command, *missing)
        assert (status, err.partition(". ")[0]) == (1, "There is no file typo.db"), command
    status, _, err = run("clients", "show", "a")
    assert (status, err.partition(":")[0]) == (1, "Name where the client is known")
    assert list(tmp_path.iterdir()) == []
    path = manifest(tmp_path, ONE)
    status, _, err = run("publish", "--to", place.open, "--manifest", path, "--version", "1")
    assert (status, err.rpartition(". ")[2]) == (1, "Name it: --client.\n")


def test_a_store_without_documents(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'documents.db'}"
    open_store(url)
    told = run("clients", "documents", "--documents", url)
    assert told == (0, "", "No client has registered documents.\n")
