"""Whether a database answers."""

from __future__ import annotations

from sqlalchemy import Engine, literal, select
from sqlalchemy.ext.asyncio import AsyncEngine

from trunkline.schema.threads import Threads
from trunkline.server.health import HealthCheck

__all__ = ["check_database"]


def check_database(engine: AsyncEngine | Engine) -> HealthCheck:
    """Make a check for `Health`: whether the database answers ``SELECT 1``.

    It takes a connection from the engine's pool, as requests do. A blocking engine is asked in a
    thread of the check's own.
    """
    statement = select(literal(1))
    if isinstance(engine, AsyncEngine):

        async def check() -> None:
            async with engine.connect() as connection:
                await connection.execute(statement)

        return check

    def check_blocking() -> None:
        with engine.connect() as connection:
            connection.execute(statement)

    return Threads(limit=1).resolver(check_blocking)
