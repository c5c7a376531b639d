"""What the log of a proxy says that knows nothing of GraphQL: nginx, as it is installed."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

from tests.client.test_clients_of_others import TODOS, endpoint
from tests.proxies import nginx
from tests.serving import serving
from tests.waiting import until

from trunkline import Client
from trunkline.client import Persisted
from trunkline.contracts import DocumentRegistry
from trunkline.protocol.documents import document_id

CREATE = "mutation Create($title: String!) { createTodo(title: $title) { title } }"
REQUEST = re.compile(r'"([A-Z]+ .* HTTP/1\.1)" (\d{3})')  # of the format "combined"


def test_the_log_of_nginx_says_what_was_asked(tmp_path: Path) -> None:
    documents = tmp_path / "documents" / "web" / "2.3.1"
    documents.mkdir(parents=True)
    (documents / "todos.graphql").write_text(TODOS)
    (documents / "create.graphql").write_text(CREATE)
    registry = DocumentRegistry(documents.parent.parent)
    with ExitStack() as running:
        upstream = running.enter_context(serving(endpoint(registered=registry)))
        location = f"location / {{ proxy_pass http://127.0.0.1:{upstream}; }}"
        port = running.enter_context(nginx(tmp_path, f"server {{ listen 8090; {location} }}"))
        url = f"http://127.0.0.1:{port}/graphql"
        for use_get in (False, True):
            with Client(url, name="web", persisted=Persisted(use_get=use_get)) as client:
                for _ in range(2):  # the first call learns that the server has the document
                    client.execute(TODOS, {"first": 1})
                    client.execute(CREATE, {"title": "a secret"})
    log = tmp_path / "access.log"
    until(lambda: log.read_text().count("\n") == 8, "the log is not written")
    lines = [" ".join(each) for each in REQUEST.findall(log.read_text())]
    todos, create = document_id(TODOS), document_id(CREATE)
    assert lines == [
        "POST /graphql HTTP/1.1 200",
        "POST /graphql HTTP/1.1 200",
        f"POST /graphql/{todos}/Todos HTTP/1.1 200",
        f"POST /graphql/{create}/Create HTTP/1.1 200",
        "POST /graphql HTTP/1.1 200",
        "POST /graphql HTTP/1.1 200",
        f"GET /graphql/{todos}/Todos?variables=%7B%22first%22%3A1%7D HTTP/1.1 200",
        f"POST /graphql/{create}/Create HTTP/1.1 200",
    ]
    assert "secret" not in log.read_text()
