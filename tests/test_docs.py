"""What the documentation shows, run as it stands there.

Blocks after ``<!-- file: NAME -->`` are files; the others are run in the order of the page, after
its files. A block after ``<!-- output: NAME -->`` is what that program prints.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import httpx2
import pytest
from benchmarks.load import free_port
from tests.type_checkers import mypy
from tests.waiting import PATIENCE, until
from typer.testing import CliRunner

from trunkline import Client
from trunkline.cli.commands import app
from trunkline.client.transports.httpx2 import HTTPX2Transport

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(?:<!-- (file|output): (\S+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
PORT = "8080"  # what the documentation says


class Page:
    """A page of documentation, its port replaced by a free one."""

    def __init__(self, path: Path, port: int) -> None:
        text = path.read_text(encoding="utf-8").replace(f":{PORT}", f":{port}")
        blocks = [found.groups() for found in BLOCK.finditer(text)]
        self.files = {name: body for kind, name, _, body in blocks if kind == "file"}
        self.outputs = {name: body for kind, name, _, body in blocks if kind == "output"}
        self.programs = [
            body for kind, _, language, body in blocks if not kind and language == "python"
        ]
        self.commands = [
            line.split()
            for kind, _, language, body in blocks
            if not kind and language == "sh"
            for line in body.splitlines()
        ]

    def write_files(self, folder: Path) -> None:
        for name, body in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(body, encoding="utf-8")


def served(app: str, folder: Path, port: int) -> AbstractContextManager[None]:
    return running(folder, port, "uvicorn", app, "--log-level", "error")


@contextmanager
def running(folder: Path, port: int, module: str, *arguments: str) -> Generator[None]:
    command = [sys.executable, "-m", module, *arguments, "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            until(lambda: answers(port), "the documentation's server does not start")
            yield
        finally:
            process.terminate()


def answers(port: int) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{port}/graphql").close()
    except HTTPError as error:  # an answer, if not a friendly one
        error.close()
        return True
    return False


def run(program: str, folder: Path) -> str:
    command = [sys.executable, "-c", program]
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    return done.stdout + done.stderr


def test_the_readme(tmp_path: Path) -> None:
    port = free_port()
    page = Page(ROOT / "README.md", port)
    page.write_files(tmp_path)
    with served("server:app", tmp_path, port):
        printed = run((tmp_path / "client.py").read_text(encoding="utf-8"), tmp_path)
    expected = page.outputs["client.py"]
    answer, _, mistake = expected.partition("\n")
    assert printed.startswith(answer)
    assert printed.endswith(mistake)


def test_serving_and_calling(tmp_path: Path) -> None:
    port = free_port()
    serving, calling = (Page(ROOT / "docs" / name, port) for name in ("serving.md", "calling.md"))
    serving.write_files(tmp_path)
    calling.write_files(tmp_path)
    assert run("\n".join(serving.programs), tmp_path) == ""
    with served("shop:app", tmp_path, port):
        client = calling.files["client.py"]
        printed = run("\n".join([client, *calling.programs]), tmp_path)
        assert printed == "{'book': {'title': 'The Dispossessed', 'pageCount': 387}}\n"
        printed = run(calling.files["options.py"], tmp_path)
        assert printed == "{'books': [{'title': 'The Dispossessed'}]}\n"
        printed = run(calling.files["async_client.py"], tmp_path)
        assert printed == "{'books': [{'title': 'The Dispossessed'}]} {'book': None}\n"


def test_http(tmp_path: Path) -> None:
    port = free_port()
    page = Page(ROOT / "docs" / "http.md", port)
    page.write_files(tmp_path)
    with served("api:app", tmp_path, port):
        assert run(page.files["asking.py"], tmp_path) == page.outputs["asking.py"]


def test_a_server_before_there_is_one(tmp_path: Path) -> None:
    port = free_port()
    page = Page(ROOT / "docs" / "mock.md", port)
    page.write_files(tmp_path)
    plain, with_values = [command[1:] for command in page.commands if command[0] == "trunkline"]
    with running(tmp_path, port, "trunkline.cli", *plain):
        assert run(page.files["client.py"], tmp_path) == page.outputs["client.py"]
    with running(tmp_path, port, "trunkline.cli", *with_values):
        printed = run(page.files["client.py"], tmp_path)
        assert printed.startswith("{'user': {'id': '1', 'name': 'Grace', 'email': ")


def test_the_generated_client(tmp_path: Path) -> None:
    port = free_port()
    Page(ROOT / "docs" / "serving.md", port).write_files(tmp_path)
    page = Page(ROOT / "docs" / "generated-client.md", port)
    page.write_files(tmp_path)
    generating = "from trunkline.cli import main; import sys; sys.argv[1:] = ['generate']; main()"
    assert run(generating, tmp_path) == "wrote shop_client.py\nwrote shop_client.json\n"
    with served("shop:app", tmp_path, port):
        printed = run(page.files["calling_shop.py"], tmp_path)
    assert printed.splitlines()[0] == "The Left Hand of Darkness"
    assert run("\n".join(page.programs), tmp_path) == ""
    (tmp_path / "programs.py").write_text("\n".join(page.programs), encoding="utf-8")
    said = mypy(tmp_path, "calling_shop.py", "programs.py")
    assert "Success" in said, said


def test_the_engine_by_itself(tmp_path: Path) -> None:
    printed = run("\n".join(Page(ROOT / "docs" / "engine.md", 8080).programs), tmp_path)
    assert printed.startswith("query Greet sha256:")
    assert len(printed.splitlines()) == 1


def test_observing(tmp_path: Path) -> None:
    program = """
import asyncio
from trunkline import Client
from trunkline.client.transports.asgi import ASGITransport

client = Client(ASGITransport(app), name="shop", version="2")
print(asyncio.run(client.execute_async("{ name }")))
"""
    page = Page(ROOT / "docs" / "observing.md", 8080)
    printed = run("\n".join([*page.programs, program]), tmp_path).splitlines()
    said = [line for line in printed if not line.startswith('{"ts"')]  # one of a hundred is logged
    assert said == ["shop/2 uses ['Query.name']", "{'name': 'Persuasion'}"]


def test_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
import asyncio
from counted import app, endpoint
from trunkline import Client
from trunkline.client.transports.asgi import ASGITransport

async def ask():
    async with endpoint.lifespan():
        client = Client(ASGITransport(app), name="shop", version="2")
        await client.execute_async("query Names { name }")

asyncio.run(ask())
"""
    page = Page(ROOT / "docs" / "observing.md", 8080)
    page.write_files(tmp_path)
    assert run(program, tmp_path) == ""
    monkeypatch.chdir(tmp_path)
    asked = [command for command in page.commands if command[:2] == ["trunkline", "usage"]]
    printed = [CliRunner().invoke(app, command[1:]).output for command in asked]
    assert [each.count("shop") for each in printed] == [1, 1, 1]
    assert '"operation":"Names"' in printed[-1]


def test_synchronous_code(tmp_path: Path) -> None:
    page = Page(ROOT / "docs" / "synchronous.md", 8080)
    page.write_files(tmp_path)
    program = """
import json
from wsgiref.simple_server import WSGIRequestHandler, make_server
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from wsgi import app

class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass

server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
print(urlopen(base).read().decode())
for query in ("{ report title }", "{ nothing }"):
    body = json.dumps({"query": query}).encode()
    request = Request(base + "/graphql", body, {"Content-Type": "application/json"})
    try:
        print(urlopen(request).read().decode())
    except HTTPError as error:
        print(error.status, error.read().decode()[:30])
"""
    printed = run(program, tmp_path).splitlines()
    assert printed[:2] == [
        "What was there before.",
        '{"data":{"report":"done","title":"The Shop"}}',
    ]
    assert printed[2].startswith('422 {"errors":[{"message":"Cannot ')


def test_fastapi(tmp_path: Path) -> None:
    port = free_port()
    page = Page(ROOT / "docs" / "fastapi.md", port)
    page.write_files(tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py"]
    done = subprocess.run(  # noqa: S603
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert "2 passed" in done.stdout, done.stdout
    lines = [*page.programs, "print(protected())"]
    assert run("\n".join(lines), tmp_path).endswith("KeyError: 'ISSUER'\n")
    off = "import os; os.environ['AUTH'] = 'off'"
    assert "GraphQL object" in run("\n".join([off, *lines]), tmp_path)
    with served("shop:app", tmp_path, port):
        url = f"http://127.0.0.1:{port}"
        with Client(HTTPX2Transport(f"{url}/graphql")) as client:
            assert client.execute("{ books { title } }") == {"books": [{"title": "Emma"}]}
        assert "Shop" in httpx2.get(f"{url}/playground/", timeout=PATIENCE).text


def test_deployment(tmp_path: Path) -> None:
    port = free_port()
    page = Page(ROOT / "docs" / "deployment.md", port)
    page.write_files(tmp_path)
    file = tmp_path / "app.py"  # no load balancer has to notice that a test ends
    file.write_text(file.read_text().replace("(engine)}", "(engine)}, drain=0"))
    for module, *arguments in page.commands:
        bind = ["--bind", f"127.0.0.1:{port}"] if module == "gunicorn" else ["--port", str(port)]
        preload = ["--preload"] if module == "gunicorn" else []
        command = [sys.executable, "-m", module, *arguments, *preload, *bind]
        with subprocess.Popen(  # noqa: S603
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                until(lambda: httpx2.get(f"{url}/livez").status_code == 200, "it does not start")  # noqa: B023
                ready = httpx2.get(f"{url}/readyz", timeout=PATIENCE)
                assert ready.json() == {"status": "ready", "checks": {"database": "ok"}}
                with Client(HTTPX2Transport(f"{url}/graphql")) as client:
                    assert client.execute("{ title }") == {"title": "The Shop"}
            finally:
                process.terminate()


def test_registered_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    page = Page(ROOT / "docs" / "registered-documents.md", port)
    page.write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    store = ["--documents", "sqlite:///documents.db"]
    with served("api:app", tmp_path, port):
        publish = page.files["publish.sh"].split()[1:]
        done = CliRunner().invoke(app, publish)
        assert done.output == (
            "Published billing@1.0.0, 1 document.\n"
            "The name of the client is not proven: the API has no auth.\n"
        )
        assert run(page.files["client.py"], tmp_path) == "{'price': 1299}\n" * 2
        for command in page.commands:
            if command[-2:] == store:
                done = CliRunner().invoke(app, command[1:])
                assert done.exit_code == 0, done.output
    assert "Retired billing@1.0.0." in done.output


def test_retries(tmp_path: Path) -> None:
    page = Page(ROOT / "docs" / "retries.md", 8080)
    page.write_files(tmp_path)
    assert run(page.files["down.py"], tmp_path) == page.outputs["down.py"]
    assert run("\n".join(page.programs), tmp_path) == ""


def test_django(tmp_path: Path) -> None:
    Page(ROOT / "docs" / "synchronous.md", 8080).write_files(tmp_path)
    (tmp_path / "settings.py").write_text(
        """
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "library.sqlite"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = ["library"]
ROOT_URLCONF = "settings"
SECRET_KEY = "a secret"
urlpatterns = []
"""
    )
    program = """
import asyncio
from asgi import application
from django.core.management import call_command
from trunkline import Client
from trunkline.client.transports.asgi import ASGITransport

call_command("migrate", run_syncdb=True, verbosity=0)
client = Client(ASGITransport(application))

async def main():
    add = 'mutation { addBook(title: "Emma", author: "Jane Austen") { id author { name } } }'
    print(await client.execute_async(add))
    asked = "{ books { title author { books { id } } } }"
    for each in await asyncio.gather(*(client.execute_async(asked) for _ in range(5))):
        print(each)

asyncio.run(main())
"""
    printed = run(program, tmp_path).splitlines()
    assert printed == [
        "{'addBook': {'id': '1', 'author': {'name': 'Jane Austen'}}}",
        *["{'books': [{'title': 'Emma', 'author': {'books': [{'id': '1'}]}}]}"] * 5,
    ]


def test_testing(tmp_path: Path) -> None:
    Page(ROOT / "docs" / "serving.md", 8080).write_files(tmp_path)
    Page(ROOT / "docs" / "testing.md", 8080).write_files(tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout
    said = mypy(tmp_path, ".")
    assert "Success" in said, said


MOVED = """
import asyncio
from pathlib import Path

import before

if not Path("schema.graphql").exists():
    Path("schema.graphql").write_text(before.schema.as_str())

from adopted import app
from after import schema
from trunkline import Client
from trunkline.client.transports.asgi import ASGITransport
from trunkline.server import GraphQL

ASKED = [
    "{ books(first: 1) { isbn title genre author } }",
    'mutation { addBook(book: {isbn: "2", title: "Four Ways"}) { isbn genre author } }',
    'mutation { addBook(book: {isbn: "2", title: "Again"}) { isbn } }',
]

async def responses(app):
    client = Client(transport=ASGITransport(app))
    for text in ASKED:
        result = await client.execute_async(text, get_execution_result=True)
        yield result.data, result.errors

async def both():
    for endpoint in (app, GraphQL(schema, auth=None)):
        print([each async for each in responses(endpoint)])

asyncio.run(both())
"""


@pytest.mark.parametrize("name", ["coming-from-strawberry.md", "coming-from-ariadne.md"])
def test_what_is_moved_answers_as_before(name: str, tmp_path: Path) -> None:
    Page(ROOT / "docs" / name, 8080).write_files(tmp_path)
    before, after = run(MOVED, tmp_path).splitlines()
    assert before == after
    assert "'title': 'The Dispossessed', 'genre': 'NOVEL', 'author': 'Ursula K. Le Guin'" in after
    assert "'extensions': {'code': 'EXISTS'}" in after
    said = mypy(tmp_path, "after.py")
    assert "Success" in said, said


def test_caching(tmp_path: Path) -> None:
    page = Page(ROOT / "docs" / "caching.md", 8080)
    page.write_files(tmp_path)
    assert run("from shop import app", tmp_path) == ""
    assert run("\n".join(page.programs), tmp_path) == ""


def test_authorization(tmp_path: Path) -> None:
    page = Page(ROOT / "docs" / "authorization.md", 8080)
    page.write_files(tmp_path)
    assert run("\n".join(page.programs), tmp_path) == ""
    assert run("from library import app", tmp_path) == ""


def test_tokens_between_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    page = Page(ROOT / "docs" / "auth.md", port)
    page.write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    for command in page.commands:
        done = CliRunner().invoke(app, command[1:])
        assert done.exit_code == 0, done.output
        if command[2] in {"add", "rotate"}:
            (tmp_path / "web.secret").write_text(done.stdout, encoding="utf-8")
    with served("server:app", tmp_path, port):
        assert run(page.files["client.py"], tmp_path) == page.outputs["client.py"]
    account = dict.fromkeys(("private_key", "private_key_id", "client_email"), "x")
    made = f"google({ {'token_uri': 'https://x.example', **account} })"
    made += '; entra("c", "t"), entra_in_a_pod("c", "f"), google_in_a_pod("p")'
    assert run("\n".join([*page.programs, made]), tmp_path) == ""


@pytest.mark.parametrize(
    "name", ["serving.md", "engine.md", "authorization.md", "auth.md", "fastapi.md", "caching.md"]
)
def test_what_is_shown_has_types_that_hold(name: str, tmp_path: Path) -> None:
    page = Page(ROOT / "docs" / name, 8080)
    page.write_files(tmp_path)
    (tmp_path / "programs.py").write_text(
        "\n".join(["# mypy: allow-redefinition", *page.programs]), encoding="utf-8"
    )
    said = mypy(tmp_path, "programs.py")
    assert "Success" in said, said


def test_every_extra_is_in_the_table() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    page = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
    table = page.partition("| extra |")[2].partition("\n\n")[0]
    told = re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(told))) == set(extras)
    named = set(re.findall(r"trunkline\[([\w,]+)\]", page))
    assert {each for group in named for each in group.split(",")} <= set(extras)
