"""SQLAlchemy: sessions for concurrent resolvers, relations in batches, pages by keyset, health.

A context has an attribute ``session``, which opens a session:

    async with context.session() as session:
        books = await session.scalars(select(Book))

`async_sessionmaker` is such an attribute, and so is its method ``begin``: each use has a session
and a transaction of its own. `SharedSession` lets all of an operation use one.
"""

from trunkline.contrib.sqlalchemy.health import check_database
from trunkline.contrib.sqlalchemy.keyset import Keyset
from trunkline.contrib.sqlalchemy.relations import related, related_sync
from trunkline.contrib.sqlalchemy.sessions import SharedSession

__all__ = ["Keyset", "SharedSession", "check_database", "related", "related_sync"]
