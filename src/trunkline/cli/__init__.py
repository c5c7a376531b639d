"""The command line: `trunkline`. One file per command."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; the ``trunkline`` script calls this."""
    try:
        from trunkline.cli.commands import app  # noqa: PLC0415  # needs an extra
    except ModuleNotFoundError as error:
        sys.exit(f"The command line needs {error.name}: pip install 'trunkline[cli]'.")
    app()
