"""What `trunkline serve` runs with uvicorn."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from uvicorn.config import STARTUP_FAILURE, Config

from trunkline.errors import ConfigurationError, TrunklineError
from trunkline.generate.configuration import read_configuration
from trunkline.generate.served import why_outdated

__all__ = ["ProjectConfig"]


class ProjectConfig(Config):
    """uvicorn's configuration, which tells at each start what is wrong with the schema."""

    def load(self) -> None:
        """Look at the project's schema, and import the application."""
        logger = logging.getLogger("uvicorn.error")
        try:
            problem = why_outdated(read_configuration(Path.cwd()))
        except ConfigurationError:  # the application was named
            problem = None
        if problem:
            logger.warning(problem)
        try:
            super().load()
        except TrunklineError as error:  # it says what to do: the way through uvicorn says less
            logger.error(error)  # noqa: TRY400
            sys.exit(STARTUP_FAILURE)
