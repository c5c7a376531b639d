"""What a program adds to a response: headers, cookies, extensions; and how long it may be cached.

Resolvers, middlewares and the context reach it by `current_response` (`arrivals.py`), wherever
they are called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from http.cookies import SimpleCookie
from math import inf
from typing import Any, Literal
from wsgiref.headers import Headers

from trunkline.protocol.caching import INVALIDATION, write_groups
from trunkline.schema.caching import CacheScope

__all__ = ["HeaderList", "ResponseAdditions"]

_OURS = frozenset({"content-length", "content-type", "transfer-encoding", "connection"})

HeaderList = tuple[tuple[bytes, bytes], ...]


class ResponseAdditions:
    """What a program adds to the response of a request; empty at first.

    It is added whatever the response is, also to a refusal. ``invalidated`` are the groups that the
    response of a mutation tells caches to forget.
    """

    invalidated: Collection[str] = ()

    @cached_property
    def headers(self) -> Headers:
        """The response's headers.

        Those of the same name that the server would send are replaced, except ``Vary``, which is
        added to.
        """
        return Headers([])

    @cached_property
    def cookies(self) -> SimpleCookie:
        """The cookies, which are sent as ``Set-Cookie``."""
        return SimpleCookie()

    @cached_property
    def extensions(self) -> dict[str, Any]:
        """The entry ``extensions`` of the response (GraphQL §7.1), as JSON."""
        return {}

    def narrow_caching(
        self, *, max_age: int | None = None, scope: Literal["AUDIENCE", "PRIVATE"] | None = None
    ) -> None:
        """Let the response be cached for ``max_age`` seconds at most, or for fewer callers.

        Called again, the narrowest counts. What the schema declares by ``@cacheControl`` can only
        be narrowed. 0 seconds mean that the response is not stored.
        """
        known_age, known_scope = self._narrowed
        if max_age is not None:
            known_age = min(known_age, max_age)
        if scope is not None:
            known_scope = max(known_scope, CacheScope[scope])
        self._narrowed = known_age, known_scope

    @cached_property
    def _narrowed(self) -> tuple[float, CacheScope]:
        return inf, CacheScope.PUBLIC

    def narrowed(self, max_age: int, scope: CacheScope) -> tuple[int, CacheScope]:
        """Return how long, and for whom, a response with this policy may be cached.

        0 seconds mean that it must not be stored: one that sets a cookie.
        """
        if not vars(self):
            return max_age, scope
        if not self.are_for_caches and any(name == b"set-cookie" for name, _ in self._lines()):
            return 0, scope
        known_age, known_scope = self._narrowed
        return int(min(max_age, known_age)), max(scope, known_scope)

    @property
    def are_for_caches(self) -> bool:
        """Whether nothing is added that is more than how the response may be cached."""
        added = vars(self).items()  # what was only looked at is there, and empty
        return not any(value for name, value in added if name not in {"_narrowed", "_groups"})

    def add_cache_groups(self, *names: str) -> None:
        """Let the response belong to groups, such as ``Book`` or ``Book:7`` (and so ``Book``).

        The response of a mutation invalidates them instead.
        """
        self._groups.update(tuple(name.split(":")) for name in names)

    @cached_property
    def _groups(self) -> set[tuple[str, ...]]:
        return set()

    @property
    def groups(self) -> Collection[tuple[str, ...]]:
        """The groups that the program added: the parts of their names."""
        return self._groups if "_groups" in vars(self) else ()

    def on(self, headers: HeaderList) -> HeaderList:
        """Return a response's headers with these.

        Raises ``ValueError`` for a header that only the server can know, or that is not one line.
        """
        added = list(self._lines())
        vary = [value for name, value in (*headers, *added) if name == b"vary"]
        if len(vary) > 1:  # in one line, because nginx 1.22 reads the last one only
            added = [each for each in added if each[0] != b"vary"]
            added.append((b"vary", b", ".join(vary)))
        names = {name for name, _ in added} - {b"set-cookie"}
        return (*(each for each in headers if each[0] not in names), *added)

    def _lines(self) -> Iterator[tuple[bytes, bytes]]:
        cookies = (("set-cookie", each.OutputString()) for each in self.cookies.values())
        for name, value in (*self.headers.items(), *cookies):
            if name.lower() in _OURS:
                raise ValueError(f"The header {name!r} is the server's own; do not set it.")
            if not (name + value).isprintable():
                raise ValueError(f"The header {name!r} has a character that no header may have.")
            yield name.lower().encode("latin-1"), value.encode("latin-1")
        if self.invalidated:
            yield write_groups(INVALIDATION, self.invalidated)
