"""The command line: `trunkline`. One file per command, each of them thin."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; what the ``trunkline`` script calls."""
    try:
        from trunkline.cli.commands import app  # noqa: PLC0415  # an extra of its own
    except ModuleNotFoundError as error:
        sys.exit(f"The command line needs {error.name}: pip install 'trunkline[cli]'.")
    app()
