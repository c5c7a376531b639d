"""A private cache of responses (RFC 9111), which keeps those of different callers apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from msgspec.structs import replace

from trunkline.bounded import BoundedMapping
from trunkline.flow.calls import Flow
from trunkline.protocol.caching import read_groups
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["CachingSender", "PrivateCache", "SendHTTP"]

SendHTTP: TypeAlias = Callable[[HTTPRequest], Flow[HTTPResponse]]


@dataclass(frozen=True, slots=True)
class PrivateCache:
    """Keeps responses to ``GET`` as long as their ``Cache-Control`` allows, at most ``megabytes``.

    A stale response with an ``ETag`` is requested again with ``If-None-Match``, which costs a 304.
    A response is reused only for requests with the same headers, credentials above all. If the
    transport may add others (its ``auth``, or a client or session of the program's own), the server
    is asked each time, with the ``ETag``.
    ``Cache-Group-Invalidation`` of a mutation, however it ended, removes the groups that it names
    (RFC 9875). If its response does not come, all is removed: who asks then what has happened must
    not get what was there before.
    """

    megabytes: float = 16.0


_PER_CALL = frozenset({"dpop", "x-request-timeout-ms", "traceparent", "tracestate", "baggage"})
_NOT_KNOWN = _PER_CALL | {"*"}  # a response that depends on one of them is not kept
_UNCERTAIN = frozenset({500, 502, 504})  # of a server, or of a proxy that lost it
_MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?(\d+)', re.IGNORECASE)
_NO_STORE = re.compile(r"(?:^|,)\s*no-store\b", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|,)\s*no-cache\b", re.IGNORECASE)
_OVERHEAD = 500  # bytes per entry, and per group of it, in addition to their texts

Key: TypeAlias = tuple[str, str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class _Entry:
    response: HTTPResponse
    fresh_until: float
    etag: str | None
    groups: frozenset[str]


def _weight(key: Key, entry: _Entry) -> int:
    path, query, sent = key
    response = entry.response
    headers = sum(len(name) + len(value) for name, value in (*sent, *response.headers.items()))
    groups = sum(map(len, entry.groups))
    return (
        len(response.body)
        + len(path)
        + len(query)
        + headers
        + groups
        + _OVERHEAD * (1 + len(entry.groups))
    )


class CachingSender:
    """Sends requests, except those whose responses the cache has.

    ``is_told`` says that the headers have all credentials; else no response is used unasked.
    """

    def __init__(self, cache: PrivateCache, send: SendHTTP, *, is_told: bool = True) -> None:
        self._send = send
        self._is_told = is_told
        self._entries: BoundedMapping[Key, _Entry] = BoundedMapping(
            int(cache.megabytes * 1_000_000), _weight
        )
        self._invalidations = 0

    def send(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Return the response to a request, from the cache if possible."""
        if request.url is not None:  # of another server, whose groups mean nothing here
            return (yield from self._send(request))
        if request.method != "GET":
            try:
                response = yield from self._send(request)
            except BaseException:
                self._forget(None)
                raise
            self._forget(response)
            return response
        # All headers that a kept response may depend on are in the key, so `Vary` always holds.
        headers = frozenset(item for item in request.headers.items() if item[0] not in _PER_CALL)
        key = request.path, request.query, headers
        entry = self._entries.get(key)
        if entry and monotonic() < entry.fresh_until:
            return entry.response
        if entry and entry.etag is not None:
            request = replace(request, headers={**request.headers, "if-none-match": entry.etag})
        before = self._invalidations
        response = yield from self._send(request)
        if entry and response.status == 304:
            headers_now = {**entry.response.headers, **response.headers}
            response = replace(entry.response, headers=headers_now)
        kept = _entry(response, may_be_fresh=self._is_told)
        if kept is not None:
            self._entries.put(key, kept)
        if kept is None or self._invalidations != before:  # it may be older than the change
            self._entries.remove(key)  # asked last: another thread may invalidate at any time
        return response

    def _forget(self, response: HTTPResponse | None) -> None:
        """Forget what a mutation changed; all, if it may have been executed and does not say."""
        named = None if response is None else response.headers.get("cache-group-invalidation")
        groups = read_groups(named)
        if groups:  # also of one that did not end well
            self._invalidations += 1
            self._entries.remove_where(lambda _, entry: bool(entry.groups & groups))
        elif response is None or response.status in _UNCERTAIN:
            self._invalidations += 1
            self._entries.clear()


def _entry(response: HTTPResponse, *, may_be_fresh: bool) -> _Entry | None:
    """Return the entry of a response; ``None`` if it must not be kept or keeping has no use.

    Unless it ``may_be_fresh``, it is only used after the server was asked.
    """
    headers = response.headers
    control = headers.get("cache-control") or ""
    if response.status != 200 or _NO_STORE.search(control):
        return None
    vary = {each.strip().lower() for each in headers.get("vary", "").split(",")}
    if not vary.isdisjoint(_NOT_KNOWN):
        return None
    seconds, etag = 0.0, headers.get("etag")
    max_age = _MAX_AGE.search(control)
    if may_be_fresh and max_age and not _NO_CACHE.search(control):
        age = headers.get("age", "0")
        seconds = float(max_age[1]) - (float(age) if age.isdecimal() else 0.0)
    if seconds <= 0 and etag is None:
        return None
    groups = read_groups(headers.get("cache-groups"))
    return _Entry(response, monotonic() + seconds, etag, groups)
