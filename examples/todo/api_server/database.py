"""The database: SQLite by default, PostgreSQL by URL."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from todo.api_server.models import Base, Todo
from trunkline.contrib.sqlalchemy import check_database

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

FIRST_TODOS = [
    ("Buy oats", "The coarse ones."),
    ("Call the dentist", "Before noon, they close early."),
    ("Read the schema", "It is shorter than it looks."),
]


class Database:
    """An engine and its sessions. ``url`` is a SQLAlchemy URL; a driver may be left out."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            driver = DRIVERS.get(parsed.drivername, parsed.drivername)
            self._engine = create_async_engine(parsed.set(drivername=driver))
        except ArgumentError as error:
            raise SystemExit(f"DATABASE_URL cannot be used: {error}") from None
        except ModuleNotFoundError as error:
            raise SystemExit(f"DATABASE_URL needs a driver: pip install {error.name}.") from None
        self.check = check_database(self._engine)
        self.sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(
            self._engine, expire_on_commit=False
        )

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncGenerator[None]:
        """Make the tables and a few todos where there are none; close when the server stops."""
        async with self._engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with self.sessions.begin() as session:
            if not await session.scalar(select(func.count()).select_from(Todo)):
                session.add_all(Todo(title=title, text=text) for title, text in FIRST_TODOS)
        try:
            yield
        finally:
            await self._engine.dispose()
