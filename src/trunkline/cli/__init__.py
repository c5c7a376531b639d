"""The command line: `trunkline`. One file per command."""

from __future__ import annotations

import sys

from trunkline.cli.extras import missing_library

__all__ = ["main"]


def main() -> None:
    """Run the command line; the ``trunkline`` script calls this."""
    try:
        from trunkline.cli.commands import app  # needs an extra

        app()
    except ImportError as error:
        message = missing_library(error)
        if message is None:
            raise
        sys.exit(message)
