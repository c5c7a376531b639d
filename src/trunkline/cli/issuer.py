"""`trunkline issuer`: serve an issuer of tokens, and change its keys."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer

from trunkline.cli.clients import DEFAULT_STORE, StoreURL, open_store
from trunkline.cli.listening import listen
from trunkline.cli.reading import errors_end_command, stop

__all__ = ["issuer_app"]

issuer_app = typer.Typer(no_args_is_help=True, help="Serve an issuer of tokens; change its keys.")

Algorithm = Annotated[
    Literal["ES256", "RS256", "EdDSA"], typer.Option(help="The algorithm that signs tokens.")
]


@issuer_app.command("serve")
def serve_command(  # noqa: PLR0913  # a server's options
    url: Annotated[
        str, typer.Argument(help="The issuer's identifier: the URL at which clients reach it.")
    ],
    *,
    store: StoreURL = DEFAULT_STORE,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(help="The port to listen on; that of the URL, or 9000, if none is given."),
    ] = None,
    algorithm: Algorithm = "ES256",
    certificate: Annotated[Path | None, typer.Option(help="The server's certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key, PEM.")] = None,
    client_ca: Annotated[
        Path | None, typer.Option(help="Authorities that sign clients' certificates, PEM.")
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="The address or network of a proxy that ends TLS. Repeatable."),
    ] = None,
    certificate_header: Annotated[
        str, typer.Option(help="The header in which that proxy sends clients' certificates.")
    ] = "",
    development: Annotated[
        bool, typer.Option(help="Allow plain http, on this machine only.")
    ] = False,
) -> None:
    """Serve an issuer alone; the audit log goes to standard error, a line of JSON per decision."""
    from trunkline.asgi.serving import exit_on_sigterm
    from trunkline.auth import Proxies
    from trunkline.issuer import Issuer, Store, log_audit
    from trunkline.issuer.serve import TLS, read_authorities, serve

    if (certificate is None) != (key is None):
        stop("Give both --certificate and --key, or neither.")
    with errors_end_command(ValueError):
        opened = Store(store)
        authorities = read_authorities(client_ca) if client_ca else []
        app = Issuer(
            url,
            opened,
            algorithm=algorithm,
            authorities=authorities,
            proxies=Proxies(proxy or [], certificate_header),
            development=development,
        )
        tls = TLS(certificate, key, authorities) if certificate and key else None
        if tls:
            tls.follow(opened)
    port = urlsplit(url).port or 9000 if port is None else port  # the issuer has checked the URL
    listen(host, port).close()
    log_audit()
    exit_on_sigterm()
    typer.echo(f"Issuer {url}, on port {port}. Its metadata: {app.metadata_url}", err=True)
    serve(app, host, port, tls)


@issuer_app.command("rotate")
def rotate_command(
    *,
    algorithm: Algorithm = "ES256",
    at_once: Annotated[
        bool,
        typer.Option(
            help="Sign with the new key from now on, and withdraw the others. Their tokens end, and"
            " verifiers may refuse the new ones until they have fetched the keys."
        ),
    ] = False,
    store: StoreURL = DEFAULT_STORE,
) -> None:
    """Make the issuer's next signing key, which is announced for an hour before it signs."""
    from trunkline.issuer.signing import rotate

    with errors_end_command(), open_store(store) as opened:
        key = rotate(opened, algorithm, time.time(), at_once=at_once)
    wait = max(0.0, key.starts - time.time())
    typer.echo(f"The key {key.kid} signs in {wait / 60:.0f} minutes.")
