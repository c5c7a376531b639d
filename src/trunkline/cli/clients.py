"""`trunkline clients`: who may ask the issuer for tokens."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.jwk import ECKey, OKPKey, RSAKey

from trunkline.errors import StoreError
from trunkline.issuer.clients import Method, RegisteredClient, RegisteredSecret, with_new_secret
from trunkline.issuer.store import DEFAULT_STORE, Store

__all__ = ["StoreURL", "clients_app", "fail", "opened"]

clients_app = typer.Typer(no_args_is_help=True, help="Who may ask the issuer for tokens.")

StoreURL = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="TRUNKLINE_STORE",
        help="Where clients are kept: sqlite:///issuer.db or postgresql://user@host/database.",
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
    float | None, typer.Option(min=0.01, help="Days that the secret lives; for good, if not given.")
]
_DAY = 86_400.0


@clients_app.command("add")
def add_command(  # noqa: PLR0913  # what a client has
    client_id: ClientID,
    *,
    grant: Annotated[
        list[str] | None,
        typer.Option(help="A resource and scopes that it may have: URI=scope,scope. Repeatable."),
    ] = None,
    serves: Annotated[
        list[str] | None,
        typer.Option(help="A resource that it is itself, whose tokens it may introspect."),
    ] = None,
    lifetime: Annotated[int, typer.Option(help="Seconds that its tokens live, 60 to 3600.")] = 600,
    secret_file: SecretFile = None,
    secret_days: SecretDays = None,
    key: KeyFile = None,
    certificate: CertificateFile = None,
    subject: Annotated[
        str | None,
        typer.Option(
            help="What its certificate from an authority is for: subject_dn=CN=web, san_dns=…,"
            " san_uri=…, san_ip=… or san_email=…"
        ),
    ] = None,
    bound: Annotated[
        Literal["none", "mtls", "dpop"] | None,
        typer.Option(help="Tokens that work for their sender only; mtls, if it has a certificate."),
    ] = None,
    accept_token_url: Annotated[
        bool, typer.Option(help="Let its assertions be for the token URL, as old libraries do.")
    ] = False,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Add a client; its secret is printed, this once."""
    method = _method(key, certificate, subject)
    has_certificate = certificate is not None or subject is not None
    with _mistakes_told():
        client = RegisteredClient(
            client_id,
            method=method,
            grants=dict(map(_read_grant, grant or [])),
            serves=serves or [],
            jwks=_read_keys(key) if key else [],
            certificates=[_read_text(certificate)] if certificate else [],
            subject=_read_subject(subject) if subject else None,
            lifetime=lifetime,
            bound=bound or ("mtls" if has_certificate else "none"),
            accepts_token_url=accept_token_url,
            created=time.time(),
        )
        secret = ""
        if method == "client_secret":
            client, secret = _with_secret(client, 0, secret_file, secret_days)
        with opened(store) as kept:
            kept.add(client)
    typer.echo(f"Added the client {client_id}.", err=True)
    _print_secret(secret, secret_file)


@clients_app.command("list")
def list_command(store: StoreURL = DEFAULT_STORE) -> None:
    """List the clients: id, how it authenticates, resources."""
    with _mistakes_told(), opened(store) as kept:
        for client in kept.clients():
            state = "revoked" if client.revoked else client.method
            typer.echo(f"{client.client_id:<24} {state:<28} {' '.join(client.grants)}".rstrip())


@clients_app.command("show")
def show_command(client_id: ClientID, store: StoreURL = DEFAULT_STORE) -> None:
    """Show a client; of its secrets the ids, and when each was last used."""
    with _mistakes_told(), opened(store) as kept:
        client = kept.client(client_id)
        if client is None:
            _unknown(client_id)
        for name, value in _described(client, kept.uses(client_id)):
            typer.echo(f"{name:<12} {value}")


@clients_app.command("rotate")
def rotate_command(  # noqa: PLR0913  # a way per kind of credentials
    client_id: ClientID,
    *,
    grace: Annotated[
        float, typer.Option(min=0, help="Hours that the one before works beside it.")
    ] = 24,
    secret_file: SecretFile = None,
    secret_days: SecretDays = None,
    key: KeyFile = None,
    certificate: CertificateFile = None,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Give a client a new secret, which is printed, or a new key or certificate.

    Two work at a time. A secret that is followed ends after the grace; a key or a certificate
    stays until the next rotation, or ends at once with --grace 0.
    """
    keep = 1 if grace else 0
    secret = ""

    def change(client: RegisteredClient) -> RegisteredClient:
        nonlocal secret
        if client.method == "client_secret":
            client, secret = _with_secret(client, grace * 3600, secret_file, secret_days)
            return client
        if client.method == "private_key_jwt" and key:
            jwks = [*client.jwks[-keep:][:keep], *_read_keys(key)]
            return msgspec.structs.replace(client, jwks=jwks)
        if client.method == "self_signed_tls_client_auth" and certificate:
            kept_ones = client.certificates[-keep:][:keep]
            certificates = [*kept_ones, _read_text(certificate)]
            return msgspec.structs.replace(client, certificates=certificates)
        raise ValueError(f"{client_id} uses {client.method}: give what follows its credentials.")

    _change(store, client_id, change)
    typer.echo(f"Rotated the credentials of {client_id}.", err=True)
    _print_secret(secret, secret_file)


@clients_app.command("revoke")
def revoke_command(
    client_id: ClientID,
    *,
    secret: Annotated[
        str | None, typer.Option(help="Only this one of its secrets, by the id that show prints.")
    ] = None,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Revoke a client, or one of its secrets. It gets no more tokens, within a second."""
    now = time.time()

    def change(client: RegisteredClient) -> RegisteredClient:
        if secret is None:
            return msgspec.structs.replace(client, revoked=client.revoked or now)
        kept = [each for each in client.secrets if each.id != secret]
        if len(kept) == len(client.secrets):
            raise ValueError(f"{client_id} has no secret {secret!r}.")
        if not any(each.is_valid(now) for each in kept):
            raise ValueError("It is the last one: rotate first, or revoke the client.")
        return msgspec.structs.replace(client, secrets=kept)

    _change(store, client_id, change)
    typer.echo(f"Revoked {client_id if secret is None else secret}.", err=True)


@contextmanager
def opened(url: str) -> Generator[Store]:
    """Open a store for as long as a command takes."""
    store = Store(url)
    try:
        yield store
    finally:
        store.close()


def fail(message: str) -> NoReturn:
    """End the command with a message."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


@contextmanager
def _mistakes_told() -> Generator[None]:
    try:
        yield
    except (ValueError, StoreError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}.")


def _change(
    store: str, client_id: str, change: Callable[[RegisteredClient], RegisteredClient]
) -> None:
    with _mistakes_told(), opened(store) as kept:
        try:
            kept.change(client_id, change)
        except KeyError:
            _unknown(client_id)


def _unknown(client_id: str) -> NoReturn:
    fail(f"There is no client {client_id!r}; trunkline clients list shows all.")


def _method(key: Path | None, certificate: Path | None, subject: str | None) -> Method:
    given = [each is not None for each in (key, certificate, subject)]
    if sum(given) > 1:
        fail("A client shows who it is in one way: --key, --certificate or --subject.")
    if key:
        return "private_key_jwt"
    if certificate:
        return "self_signed_tls_client_auth"
    return "tls_client_auth" if subject else "client_secret"


def _with_secret(
    client: RegisteredClient, grace: float, chosen: Path | None, days: float | None
) -> tuple[RegisteredClient, str]:
    lifetime = None if days is None else days * _DAY
    text = _read_text(chosen).strip() if chosen else ""
    return with_new_secret(client, time.time(), grace=grace, lifetime=lifetime, chosen=text)


def _print_secret(secret: str, chosen: Path | None) -> None:
    """Print a secret by itself, so that a script can take it; not the one that it gave."""
    if secret and chosen is None:
        typer.echo("This is its secret. It is shown this once:", err=True)
        typer.echo(secret)


def _read_grant(text: str) -> tuple[str, list[str]]:
    """Read ``URI=scope,scope``; a URI may have an equals sign in its query, a scope has none."""
    resource, _, scopes = text.rpartition("=")
    if not resource:
        raise ValueError(f"{text!r}: write a grant as URI=scope,scope.")
    return resource, [scope for scope in scopes.split(",") if scope]


def _read_subject(text: str) -> tuple[str, str]:
    kind, _, value = text.partition("=")
    return kind, value


def _read_text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not UTF-8 (byte {error.start}).") from None


def _read_keys(path: Path) -> list[dict[str, Any]]:
    text = _read_text(path)
    try:
        if text.lstrip().startswith("-----BEGIN"):
            return [_jwk_of_pem(text)]
        found = msgspec.json.decode(text, type=dict[str, Any])
        keys: list[dict[str, Any]] = found.get("keys", [found])
    except (ValueError, msgspec.DecodeError):
        raise ValueError(
            f"{path}: is no public key as a JWK, a JWK set or PEM. The private one stays with the"
            " client."
        ) from None
    return keys


def _jwk_of_pem(text: str) -> dict[str, Any]:
    raw = load_pem_public_key(text.encode())
    if isinstance(raw, EllipticCurvePublicKey):
        return dict(ECKey.import_key(text).as_dict())
    if isinstance(raw, RSAPublicKey):
        return dict(RSAKey.import_key(text).as_dict())
    return dict(OKPKey.import_key(text).as_dict())


def _described(client: RegisteredClient, uses: dict[str, float]) -> Iterator[tuple[str, str]]:
    yield "client", client.client_id
    yield "state", f"revoked {_moment(client.revoked)}" if client.revoked else "active"
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
        yield "secret", _secret_line(secret, uses.get(secret.id))


def _secret_line(secret: RegisteredSecret, used: float | None) -> str:
    ends = _moment(secret.expires) if secret.expires else "never"
    last = _moment(used) if used else "never"
    return f"{secret.id}  made {_moment(secret.created)}  ends {ends}  last used {last}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
