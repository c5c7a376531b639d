"""How a command ends that cannot go on."""

from __future__ import annotations

from typing import NoReturn

import typer

__all__ = ["stop"]


def stop(message: str) -> NoReturn:
    """Print a message where errors go, and end with status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
