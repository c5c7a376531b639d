"""The options of commands that get a token from an issuer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trunkline.cli.reading import read_text, stop

if TYPE_CHECKING:
    from trunkline.auth.calling.credentials import ClientCredentials

__all__ = [
    "ClientIDOption",
    "IssuerOption",
    "KeyOption",
    "ResourceOption",
    "ScopeOption",
    "SecretFileOption",
    "read_credentials",
]

IssuerOption = Annotated[str | None, typer.Option(help="The issuer that gives a token.")]
ClientIDOption = Annotated[str | None, typer.Option(help="The client's id at the issuer.")]
SecretFileOption = Annotated[
    Path | None, typer.Option(help="A file with the client's secret; - for standard input.")
]
KeyOption = Annotated[
    Path | None, typer.Option(help="A file with the client's private key, as PEM or a JWK.")
]
ResourceOption = Annotated[
    str | None, typer.Option(help="The API, as the issuer names it (RFC 8707).")
]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A scope of the token. Repeatable. Without it, what the issuer gives by default."
    ),
]


def read_credentials(  # noqa: PLR0913, PLR0917  # the options
    issuer: str | None,
    client_id: str | None,
    secret_file: Path | None,
    key: Path | None,
    resource: str | None,
    scope: list[str] | None,
) -> ClientCredentials | None:
    """Return the credentials that the options are, or ``None`` without any of them.

    Ends the command if one is missing. Raises ``ValueError`` if one is wrong.
    """
    if issuer is None:
        if client_id or secret_file or key or resource or scope:
            stop("Credentials need --issuer, the URL of the issuer that gives the token.")
        return None
    from trunkline.auth.calling.credentials import ClientCredentials

    if client_id is None or (secret_file is None) == (key is None):
        stop("A token needs --client-id, and --secret-file or --key.")
    return ClientCredentials(
        client_id=client_id,
        issuer=issuer,
        secret=read_text(secret_file).strip() if secret_file else None,
        key=key,
        resource=resource,
        scope=scope or (),
    )
