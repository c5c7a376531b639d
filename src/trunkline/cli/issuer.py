"""`trunkline issuer`: serve an issuer of tokens, and change its keys."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from trunkline.auth import Proxies
from trunkline.cli.clients import StoreURL, fail, opened
from trunkline.errors import StoreError
from trunkline.issuer import Issuer, Store, log_audit
from trunkline.issuer.signing import rotate
from trunkline.issuer.store import DEFAULT_STORE

__all__ = ["issuer_app"]

issuer_app = typer.Typer(no_args_is_help=True, help="Serve an issuer of tokens.")

Algorithm = Literal["ES256", "RS256", "EdDSA"]


@issuer_app.command("serve")
def serve_command(  # noqa: PLR0913  # a server's options
    url: Annotated[
        str, typer.Argument(help="The issuer's identifier: the URL under which it is reached.")
    ],
    *,
    store: StoreURL = DEFAULT_STORE,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 9000,
    algorithm: Annotated[Algorithm, typer.Option(help="What tokens are signed with.")] = "ES256",
    certificate: Annotated[Path | None, typer.Option(help="The server's certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key, PEM.")] = None,
    client_ca: Annotated[
        Path | None, typer.Option(help="Authorities that vouch for clients' certificates, PEM.")
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="An address or network of a proxy that ends TLS. Repeatable."),
    ] = None,
    certificate_header: Annotated[
        str, typer.Option(help="The header in which that proxy passes clients' certificates on.")
    ] = "",
    development: Annotated[
        bool, typer.Option(help="Allow plain http, on this machine only.")
    ] = False,
) -> None:
    """Serve an issuer alone; the audit log goes to standard error, a line of JSON per decision."""
    from trunkline.issuer.serve import TLS, read_authorities, serve  # noqa: PLC0415

    if (certificate is None) != (key is None):
        fail("--certificate and --key belong together.")
    try:
        kept = Store(store)
        authorities = read_authorities(client_ca) if client_ca else []
        app = Issuer(
            url,
            kept,
            algorithm=algorithm,
            authorities=authorities,
            proxies=Proxies(proxy or [], certificate_header),
            development=development,
        )
        tls = TLS(certificate, key, authorities) if certificate and key else None
        if tls:
            tls.follow(kept)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}.")
    except (ValueError, StoreError) as error:
        fail(str(error))
    log_audit()
    typer.echo(f"Issuer {url}, on port {port}. Its metadata: {app.metadata_url}", err=True)
    serve(app, host, port, tls)


@issuer_app.command("rotate")
def rotate_command(
    *,
    algorithm: Annotated[Algorithm, typer.Option(help="What tokens are signed with.")] = "ES256",
    at_once: Annotated[
        bool,
        typer.Option(
            help="Sign with it from now on, and withdraw the others: their tokens end, and"
            " verifiers may refuse the new ones until they have fetched the keys."
        ),
    ] = False,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Make the issuer's next signing key, which is announced for an hour before it signs."""
    try:
        with opened(store) as kept:
            key = rotate(kept, algorithm, time.time(), at_once=at_once)
    except StoreError as error:
        fail(str(error))
    wait = max(0.0, key.starts - time.time())
    typer.echo(f"The key {key.kid} signs in {wait / 60:.0f} minutes.")
