"""`trunkline clients`: the clients that may ask the issuer for tokens.

What clients registered with an API is in `documents.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import msgspec
import typer

from trunkline.cli.reading import errors_end_command, read_text, require_file, stop

if TYPE_CHECKING:
    from trunkline.issuer.clients import Method, RegisteredClient
    from trunkline.issuer.store import Store

__all__ = ["DEFAULT_STORE", "DocumentsURL", "StoreURL", "clients_app", "moment", "open_store"]

clients_app = typer.Typer(
    no_args_is_help=True,
    help="The clients that may ask for tokens, and the documents that they registered.",
)

_DEFAULT_FILE = "issuer.db"
DEFAULT_STORE = f"sqlite:///{_DEFAULT_FILE}"
StoreURL = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="TRUNKLINE_STORE",
        help="Where clients are stored: sqlite:///issuer.db or postgresql://user@host/database.",
    ),
]
DocumentsURL = Annotated[
    str | None,
    typer.Option(
        "--documents",
        envvar="TRUNKLINE_DOCUMENTS",
        help="Where an API keeps registered documents: sqlite:///documents.db,"
        " postgresql://user@host/database, or a folder.",
    ),
]
ClientID = Annotated[str, typer.Argument(help="The client's id, as it will send it.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(help="A file with the client's public key: a JWK, a JWK set, or PEM."),
]
CertificateFile = Annotated[
    Path | None, typer.Option(help="A file with the certificate that the client signed itself.")
]
SecretFile = Annotated[
    Path | None, typer.Option(help="A file with a secret that you chose; - for standard input.")
]
SecretDays = Annotated[
    float | None, typer.Option(min=0.01, help="Days until the secret expires. Default: never.")
]


@clients_app.command("add")
def add_command(  # noqa: PLR0913  # what a client has
    client_id: ClientID,
    *,
    grant: Annotated[
        list[str] | None,
        typer.Option(help="A resource and its scopes: URI=scope,scope. Repeatable."),
    ] = None,
    serves: Annotated[
        list[str] | None,
        typer.Option(help="A resource that the client serves, whose tokens it may introspect."),
    ] = None,
    lifetime: Annotated[int, typer.Option(help="Seconds that its tokens live, 60 to 3600.")] = 600,
    secret_file: SecretFile = None,
    secret_days: SecretDays = None,
    key: KeyFile = None,
    certificate: CertificateFile = None,
    subject: Annotated[
        str | None,
        typer.Option(
            help="The subject of its certificate from an authority: subject_dn=CN=web, san_dns=…,"
            " san_uri=…, san_ip=… or san_email=…"
        ),
    ] = None,
    bound: Annotated[
        Literal["none", "mtls", "dpop"] | None,
        typer.Option(
            help="Whether tokens work for their sender only. Default: mtls with a certificate,"
            " else none."
        ),
    ] = None,
    accept_token_url: Annotated[
        bool,
        typer.Option(help="Accept assertions for the token URL, which old libraries make."),
    ] = False,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Add a client, and print its secret, which is shown only this once."""
    from trunkline.issuer.clients import RegisteredClient

    method = _method(key, certificate, subject)
    with errors_end_command(ValueError):
        subject_kind, _, subject_value = (subject or "").partition("=")
        client = RegisteredClient(
            client_id,
            method=method,
            grants=dict(map(_read_grant, grant or [])),
            serves=serves or [],
            jwks=_read_keys(key) if key else [],
            certificates=[read_text(certificate)] if certificate else [],
            subject=(subject_kind, subject_value) if subject else None,
            lifetime=lifetime,
            bound=bound or ("mtls" if certificate or subject else "none"),
            accepts_token_url=accept_token_url,
            created=time.time(),
        )
        secret = ""
        if method == "client_secret":
            client, secret = _with_secret(client, 0, secret_file, secret_days)
        with open_store(store, creates=True) as opened:
            opened.add(client)
    typer.echo(f"Added the client {client_id}.", err=True)
    if not (client.grants or client.serves):
        typer.echo("It gets no tokens, because no --grant names an API.", err=True)
    _print_secret(secret, secret_file)


def _method(key: Path | None, certificate: Path | None, subject: str | None) -> Method:
    """Return how a client authenticates. Ends the command if it would in several ways."""
    if sum(each is not None for each in (key, certificate, subject)) > 1:
        stop("Give only one of --key, --certificate and --subject.")
    if key:
        return "private_key_jwt"
    if certificate:
        return "self_signed_tls_client_auth"
    return "tls_client_auth" if subject else "client_secret"


@clients_app.command("list")
def list_command(store: StoreURL = DEFAULT_STORE) -> None:
    """List the clients: id, how it authenticates, resources."""
    with errors_end_command(ValueError), open_store(store) as opened:
        for client in opened.clients():
            state = "revoked" if client.revoked else client.method
            typer.echo(f"{client.client_id:<24} {state:<28} {' '.join(client.grants)}".rstrip())


@clients_app.command("show")
def show_command(
    client_id: ClientID,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            envvar="TRUNKLINE_STORE",
            help=f"The issuer's store. Default: {DEFAULT_STORE}, unless --documents is given.",
        ),
    ] = None,
    documents: DocumentsURL = None,
) -> None:
    """Show a client: at the issuer (--store), and its registered documents (--documents).

    Of its secrets only the ids are shown, and when each was last used. Of documents the rule, the
    versions, and what the client sent without registering it.
    """
    if store is None and documents is None and not Path(_DEFAULT_FILE).exists():
        stop(
            "Name where the client is known: --store is the issuer's, and --documents is where an"
            " API keeps registered documents."
        )
    if store is not None or documents is None:
        _show_registration(client_id, store or DEFAULT_STORE)
    if documents is not None:
        from trunkline.cli.documents import describe_documents

        with errors_end_command(ValueError):
            for line in describe_documents(client_id, documents, 90):
                typer.echo(line)


def _show_registration(client_id: str, store: str) -> None:
    with errors_end_command(ValueError), open_store(store) as opened:
        client = opened.client(client_id)
        if client is None:
            _stop_unknown(client_id)
        for name, value in _describe(client, opened.uses(client_id)):
            typer.echo(f"{name:<12} {value}")


@clients_app.command("rotate")
def rotate_command(  # noqa: PLR0913  # a way per kind of credentials
    client_id: ClientID,
    *,
    grace: Annotated[
        float, typer.Option(min=0, help="Hours for which the previous secret stays valid.")
    ] = 24,
    secret_file: SecretFile = None,
    secret_days: SecretDays = None,
    key: KeyFile = None,
    certificate: CertificateFile = None,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Give a client a new secret, which is printed, or a new key or certificate.

    Two are valid at a time. The previous secret ends after the grace; the previous key or
    certificate is valid until the next rotation, or ends at once with --grace 0.
    """
    secret = ""

    def change(client: RegisteredClient) -> RegisteredClient:
        nonlocal secret
        if client.method == "client_secret":
            client, secret = _with_secret(client, grace * 3600, secret_file, secret_days)
            return client
        if client.method == "private_key_jwt" and key:
            jwks = [*(client.jwks[-1:] if grace else []), *_read_keys(key)]
            return msgspec.structs.replace(client, jwks=jwks)
        if client.method == "self_signed_tls_client_auth" and certificate:
            before = client.certificates[-1:] if grace else []
            return msgspec.structs.replace(client, certificates=[*before, read_text(certificate)])
        if client.method == "tls_client_auth":
            raise ValueError(f"{client_id} has certificates of an authority: nothing to rotate.")
        option = "--key" if client.method == "private_key_jwt" else "--certificate"
        raise ValueError(f"{client_id} authenticates by {client.method}: give {option}.")

    _change(store, client_id, change)
    typer.echo(f"Rotated the credentials of {client_id}.", err=True)
    _print_secret(secret, secret_file)


@clients_app.command("revoke")
def revoke_command(
    client_id: ClientID,
    *,
    secret: Annotated[
        str | None, typer.Option(help="Revoke only the secret with this id, which `show` prints.")
    ] = None,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Revoke a client, or one of its secrets. It gets no more tokens, within a second."""
    now = time.time()

    def change(client: RegisteredClient) -> RegisteredClient:
        if secret is None:
            return msgspec.structs.replace(client, revoked=client.revoked or now)
        others = [each for each in client.secrets if each.id != secret]
        if len(others) == len(client.secrets):
            raise ValueError(f"{client_id} has no secret {secret!r}.")
        if not any(each.is_valid(now) for each in others):
            raise ValueError("This is its last valid secret: rotate first, or revoke the client.")
        return msgspec.structs.replace(client, secrets=others)

    _change(store, client_id, change)
    typer.echo(f"Revoked {client_id if secret is None else secret}.", err=True)


def open_store(store: str, *, creates: bool = False) -> closing[Store]:
    """Open an issuer's store. Without ``creates``, end the command if its file is not there."""
    from trunkline.issuer.store import Store

    if not creates:
        require_file(
            store,
            "Name the issuer's store by --store, or by the environment variable TRUNKLINE_STORE;"
            " `trunkline clients add` and the issuer make one.",
        )
    return closing(Store(store))


def _change(
    store: str, client_id: str, change: Callable[[RegisteredClient], RegisteredClient]
) -> None:
    with errors_end_command(ValueError), open_store(store) as opened:
        try:
            opened.change(client_id, change)
        except KeyError:
            _stop_unknown(client_id)


def _stop_unknown(client_id: str) -> NoReturn:
    stop(f"There is no client {client_id!r}; `trunkline clients list` shows all.")


def _with_secret(
    client: RegisteredClient, grace: float, chosen: Path | None, days: float | None
) -> tuple[RegisteredClient, str]:
    from trunkline.issuer.clients import with_new_secret

    lifetime = None if days is None else days * 86_400
    text = read_text(chosen).strip() if chosen else ""
    return with_new_secret(client, time.time(), grace=grace, lifetime=lifetime, chosen=text)


def _print_secret(secret: str, chosen: Path | None) -> None:
    """Print a secret alone on standard output, for scripts; but not one that was given."""
    if secret and chosen is None:
        typer.echo("This is its secret. It is shown only this once:", err=True)
        typer.echo(secret)


def _read_grant(text: str) -> tuple[str, list[str]]:
    """Read ``URI=scope,scope``; a URI may have an equals sign in its query, a scope has none."""
    resource, _, scopes = text.rpartition("=")
    if not resource:
        raise ValueError(f"{text!r}: write a grant as URI=scope,scope.")
    return resource, [scope for scope in scopes.split(",") if scope]


def _read_keys(path: Path) -> list[dict[str, Any]]:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    text = read_text(path)
    try:
        if not text.lstrip().startswith("-----BEGIN"):
            found = msgspec.json.decode(text, type=dict[str, Any])
            keys: list[dict[str, Any]] = found.get("keys", [found])
            return keys
        public = load_pem_public_key(text.encode())
        if isinstance(public, EllipticCurvePublicKey):
            return [dict(ECKey.import_key(text).as_dict())]
        kind = RSAKey if isinstance(public, RSAPublicKey) else OKPKey
        return [dict(kind.import_key(text).as_dict())]
    except (ValueError, msgspec.DecodeError):
        raise ValueError(
            f"{path}: is not a public key (JWK, JWK set or PEM). Private keys stay with the client."
        ) from None


def _describe(client: RegisteredClient, uses: dict[str, float]) -> Iterator[tuple[str, str]]:
    yield "client", client.client_id
    yield "state", f"revoked {moment(client.revoked)}" if client.revoked else "active"
    yield "method", client.method
    yield "lifetime", f"{client.lifetime} s"
    yield "bound", client.bound
    for resource, scopes in client.grants.items():
        yield "grant", f"{resource} {' '.join(scopes)}".rstrip()
    for resource in client.serves:
        yield "serves", resource
    if client.subject:
        yield "subject", "=".join(client.subject)
    for jwk in client.jwks:
        yield "key", f"{jwk.get('kid', '(no kid)')} {jwk.get('kty')}"
    for secret in client.secrets:
        made, ends = moment(secret.created), moment(secret.expires)
        used = moment(uses.get(secret.id))
        yield "secret", f"{secret.id}  made {made}  ends {ends}  last used {used}"


def moment(seconds: float | None) -> str:
    """Write a time in seconds since 1970; ``never`` if there is none."""
    if not seconds:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
