"""`trunkline publish`: register the documents of a client with the server that it calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast
from urllib.parse import quote

import typer

from trunkline.cli import credentials
from trunkline.cli.reading import HeaderOption, counted, errors_end_command, read_pairs, stop
from trunkline.cli.sending import sending

if TYPE_CHECKING:
    from trunkline.auth.calling.credentials import ClientCredentials
    from trunkline.contracts.manifests import DocumentProblem, Manifest
    from trunkline.generate.configuration import ClientConfiguration
    from trunkline.protocol.messages import HTTPResponse

__all__ = ["publish_command"]

_SECONDS = 120.0  # that checking thousands of documents may take


def publish_command(  # noqa: PLR0913  # what a publication and its credentials have
    *,
    version: Annotated[str, typer.Option(help="The version of the client, such as 2.3.1.")],
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="The manifest, or a folder of .graphql files. Without it, that of the project's"
            " client."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="The URL of the API. Without it, the one that the project's client has its schema"
            " from."
        ),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(help="What the client calls itself, for an API that asks for no tokens."),
    ] = None,
    header: HeaderOption = None,
    issuer: credentials.IssuerOption = None,
    client_id: credentials.ClientIDOption = None,
    secret_file: credentials.SecretFileOption = None,
    key: credentials.KeyOption = None,
    resource: credentials.ResourceOption = None,
    scope: credentials.ScopeOption = None,
) -> None:
    """Register the documents of a client's version: all of them, or none.

    The server checks them against its schema. A version never changes; publishing the same
    documents again does nothing. A token needs the scope documents:publish, and those that the
    documents need.
    """
    from trunkline.client.calls import client_headers
    from trunkline.contracts.manifests import read_manifest
    from trunkline.generate.client.schema import with_environment

    with errors_end_command(ValueError):
        if manifest is None or to is None:
            configured_manifest, url = _configured()
            manifest, to = manifest or configured_manifest, to or url
        if manifest is None:
            stop("Name the manifest: --manifest, or `manifest` of the client in the configuration.")
        if to is None:
            stop("Name the URL of the API: --to https://api.example/graphql.")
        documents = read_manifest(manifest)
        auth = credentials.read_credentials(issuer, client_id, secret_file, key, resource, scope)
        headers = {**client_headers(client, version), "accept": "application/json"}
        given = with_environment(read_pairs(header, ":", "header"))
        headers |= {name.lower(): value for name, value in given.items()}
        _tell(_send(documents, version, to, headers, auth), documents, to)


def _send(
    manifest: Manifest,
    version: str,
    to: str,
    headers: dict[str, str],
    auth: ClientCredentials | None,
) -> HTTPResponse:
    from trunkline.protocol.messages import HTTPRequest

    request = HTTPRequest(
        "PUT",
        headers,
        json.dumps(manifest.documents).encode(),
        path=f"documents/{quote(version, safe='')}",
        timeout=_SECONDS,
        repeatable=True,
    )
    with sending(to, timeout=_SECONDS, auth=auth) as send:
        return send(request)


def _configured() -> tuple[Path | None, str | None]:
    """Return the manifest and the URL of the project's client, if it has just one."""
    from trunkline.errors import ConfigurationError
    from trunkline.generate.configuration import read_configuration

    try:
        project = read_configuration(Path.cwd())
    except ConfigurationError:
        return None, None
    if len(project.clients) != 1:
        return None, None
    found: ClientConfiguration = project.clients[0]
    source = found.schema if isinstance(found.schema, str) else "".join(found.schema[:1])
    url = source if source.startswith(("http://", "https://")) else None
    return (project.folder / found.manifest if found.manifest else None), url


def _tell(response: HTTPResponse, manifest: Manifest, to: str) -> None:
    """Print what the server did, or end the command with what it says is wrong."""
    try:
        content: Any = json.loads(response.body)
    except ValueError:
        _stop_elsewhere(response, to)
    match content:
        case {"client": str(client), "version": str(version), "documents": int(count)}:
            verb = "Published" if response.status == 201 else "Published already:"
            typer.echo(f"{verb} {client}@{version}, {counted(count)}.")
            if not content.get("proven"):
                typer.echo("The name of the client is not proven: the API has no auth.", err=True)
        case {"errors": [{"extensions": {"code": "DOCUMENT_REFUSED"}}, *_]}:
            errors = cast("list[Any]", content["errors"])
            error = manifest.refusal(map(_problem, errors))
            count = len({str(each["extensions"].get("documentId")) for each in errors})
            lines = "\n".join(error.problems)
            stop(f"{lines}\nNothing was published: the API refused {counted(count)}.")
        case {"errors": [{"message": str(message)}, *_]} if response.status not in {404, 405}:
            hint = " Name it: --client." if "GraphQL-Client-Name" in message else ""
            stop(f"Nothing was published: {message}{hint}")
        case _:
            _stop_elsewhere(response, to)


def _problem(error: Any) -> DocumentProblem:
    """Read an error of the server about a document."""
    from trunkline.contracts.manifests import DocumentProblem

    (place, *_) = error.get("locations") or [{}]
    id_ = error["extensions"].get("documentId", "")
    return DocumentProblem(id_, error["message"], place.get("line", 0), place.get("column", 0))


def _stop_elsewhere(response: HTTPResponse, to: str) -> NoReturn:
    stop(
        f"Nothing was published: the response of {to} has the status {response.status} and is not"
        " one of an API with registered documents. The API needs GraphQL(…, registered=…), and a"
        " route for what is below its path: Route('/graphql{rest:path}', …)."
    )
