"""Start issuer and API server, run the web app's calls, and keep serving until Ctrl-C or SIGTERM.

Environment: ``PORT`` (8080), ``ISSUER_PORT`` (the next one), ``AUTH=off`` for a server without
authentication, ``ONCE=1`` to stop after the calls, ``DATABASE_URL``, ``SERVER`` (``uvicorn`` or
``granian``).
"""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from todo.issuer import Clients, issuer, metadata_url
from todo.processes import HOST, read_port, wait_until_it_responds
from todo.tokens import MOBILE_APP, PLAYGROUND, PROMETHEUS, WEB_APP
from todo.web_app.calls import OPERATIONS, VERSION, make_calls

APP = "todo.api_server.app:app_from_environment"

QUERY = '{"query": "{ todos { todoID title } }"}'

COMMANDS = {
    "uvicorn": ["--factory", "--host", HOST, "--no-access-log", "--log-level", "warning"],
    "granian": ["--factory", "--host", HOST, "--interface", "asgi", "--no-log"],
}


def main() -> None:
    """Run the demo."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    is_open = wants_no_auth()
    port = read_port("PORT", 8080, "PORT=9000 make demo")
    base = f"http://localhost:{port}"
    with ExitStack() as servers:
        clients = None if is_open else servers.enter_context(issuer(issuer_port(port), base))
        if is_open:
            print_warning()
        server = servers.enter_context(api_server(port, base, clients))
        publish(f"{base}/graphql", clients)
        make_calls(f"{base}/graphql", clients.credentials(WEB_APP) if clients else None)
        if os.environ.get("ONCE") != "1":
            announce(base, clients)
            server.wait()


def stop(*_: object) -> None:
    """End the demo. With a KeyboardInterrupt, `Popen` would not wait for its process."""
    sys.exit()


def issuer_port(port: int) -> int:
    """Return the issuer's port, which is the next after the API server's."""
    return read_port("ISSUER_PORT", port + 1, "ISSUER_PORT=9001 make demo")


def wants_no_auth() -> bool:
    """Read ``AUTH``, and stop with one sentence if it is neither of what it can be."""
    auth = os.environ.get("AUTH", "on")
    if auth not in {"on", "off"}:
        sys.exit(f"AUTH is {auth!r}; it must be on or off.")
    return auth == "off"


def publish(url: str, clients: Clients | None) -> None:
    """Register the web app's documents with the API server, as its deployment would."""
    command = [sys.executable, "-m", "trunkline.cli", "publish", "--to", url]
    command += ["--manifest", str(OPERATIONS), "--version", VERSION, "--client", WEB_APP]
    secret = ""
    if clients:
        secret = clients.secrets[WEB_APP]
        command += ["--issuer", clients.issuer, "--client-id", WEB_APP, "--secret-file", "-"]
        command += ["--resource", clients.audiences[WEB_APP]]
    subprocess.run(command, input=secret, text=True, check=True)


@contextmanager
def api_server(port: int, base: str, clients: Clients | None) -> Generator[subprocess.Popen[bytes]]:
    """Run the API server as a process of its own, as long as the ``with`` statement lasts."""
    name = os.environ.get("SERVER", "uvicorn")
    if name not in COMMANDS:
        sys.exit(f"SERVER is {name!r}; it must be one of {', '.join(COMMANDS)}.")
    command = [sys.executable, "-m", name, *COMMANDS[name], "--port", str(port), APP]
    told = {
        "BASE_URL": base,
        "ISSUER": clients.issuer if clients else "",
        "CACHE_SECRET": token_hex(),
        "PLAYGROUND": "1",
        "PLAYGROUND_SECRET": clients.secrets[PLAYGROUND] if clients else "",
    }
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="todo-"))
        told["DOCUMENTS"] = f"sqlite:///{folder}/documents.db"
        told["USAGE"] = f"sqlite:///{folder}/usage.db"
        server = stack.enter_context(subprocess.Popen(command, env={**os.environ, **told}))
        try:
            wait_until_it_responds("The API server", server, f"http://{HOST}:{port}/livez")
            yield server
        finally:
            server.terminate()
            server.wait()  # after Ctrl-C, the `with` does not wait for its end


def print_warning() -> None:
    """Say loudly that callers need no token."""
    line = "!" * 72
    print(
        f"{line}\n!! AUTH=off: the API server runs with auth=None. ANYBODY who reaches it\n"
        f"!! may call it, without a token. Never run it like this where others can.\n{line}\n",
        flush=True,
    )


def announce(base: str, clients: Clients | None) -> None:
    """Say what is served where, and how to call it: last, where people look."""
    tokens = ""
    if clients is not None:
        web_app, mobile_app, prometheus = map(
            clients.write_token, (WEB_APP, MOBILE_APP, PROMETHEUS)
        )
        tokens = f"""
The issuer is up:
  Metadata    {metadata_url(clients)}

Calls with tokens, which live 10 minutes; none is for another's URL:
  curl {base}/graphql -H @{web_app} -H 'Content-Type: application/json' -d '{QUERY}'
  curl {base}/api/todos -H @{mobile_app}
  curl {base}/metrics -H @{prometheus}

What takes the time, and whose it is, while others call:
  {Path(sys.executable).with_name("trunkline")} top {base}/metrics --header "$(cat {prometheus})"
"""
    print(
        f"""
The API server is up:
  GraphQL     {base}/graphql
  Playground  {base}/playground
  Console     {base}/console
  REST        {base}/api/todos
  Health      {base}/readyz
  Metrics     {base}/metrics
{tokens}
Ctrl-C stops it.
""",
        flush=True,
    )


if __name__ == "__main__":
    main()
