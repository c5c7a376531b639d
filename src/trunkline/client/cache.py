"""A private cache of answers (RFC 9111), divided by who asks."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from trunkline.flow.calls import Flow
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["PrivateCache", "cached"]


@dataclass(frozen=True, slots=True)
class PrivateCache:
    """Keeps answers to ``GET`` as long as their ``Cache-Control`` allows, ``megabytes`` at most.

    What is stale but has an ``ETag`` is asked for again with ``If-None-Match``, which costs a 304.
    An answer is given only to requests with the same headers, credentials above all, as the one
    that fetched it. A mutation's ``Cache-Group-Invalidation`` drops the groups it names (RFC 9875).
    """

    megabytes: float = 16.0


_PASSING = frozenset({"x-request-timeout-ms", "traceparent", "tracestate", "baggage"})
_MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?(\d+)', re.IGNORECASE)
_UNCACHED = re.compile(r"(?:^|,)\s*no-store\b", re.IGNORECASE)
_REVALIDATED = re.compile(r"(?:^|,)\s*no-cache\b", re.IGNORECASE)
_GROUP = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OVERHEAD = 500  # bytes per entry beside its body

Send = Callable[[HTTPRequest], Flow[HTTPResponse]]
Key = tuple[str, frozenset[tuple[str, str]]]


@dataclass(slots=True)
class _Entry:
    response: HTTPResponse
    fresh_until: float
    etag: str | None
    groups: frozenset[str]


def cached(cache: PrivateCache, send: Send) -> Send:
    """Answer from the cache what it has."""
    return _Cache(cache, send).send


class _Cache:
    def __init__(self, cache: PrivateCache, send: Send) -> None:
        self._send = send
        self._whole = self._room = int(cache.megabytes * 1_000_000)  # bytes
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()
        self._lock = Lock()
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Have a lock that no thread of the parent holds, and entries that none was changing."""
        self._lock = Lock()
        self._room = self._whole
        self._entries = OrderedDict()

    def send(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        if request.method != "GET" or request.url is not None:
            response = yield from self._send(request)
            self._invalidate(response)
            return response
        key = _key(request)
        entry = self._find(key)
        if entry and monotonic() < entry.fresh_until:
            return entry.response
        response = yield from self._send(_conditional(request, entry))
        if entry and response.status == 304:
            response = HTTPResponse(
                entry.response.status,
                entry.response.body,
                {**entry.response.headers, **response.headers},
            )
        self._store(key, response)
        return response

    def _find(self, key: Key) -> _Entry | None:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def _store(self, key: Key, response: HTTPResponse) -> None:
        entry = _entry(response)
        with self._lock:
            self._drop(key)
            if entry and _size(entry) <= self._whole:
                self._entries[key] = entry
                self._room -= _size(entry)
            while self._room < 0:
                self._drop(next(iter(self._entries)))

    def _drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry:
            self._room += _size(entry)

    def _invalidate(self, response: HTTPResponse) -> None:
        named = response.headers.get("cache-group-invalidation")
        if not named or response.status // 100 not in (2, 3):
            return
        groups = set(_GROUP.findall(named))
        with self._lock:
            for key in [key for key, entry in self._entries.items() if entry.groups & groups]:
                self._drop(key)


def _key(request: HTTPRequest) -> Key:
    """Name an answer by all that may decide it: so ``Vary`` holds whatever it names."""
    headers = [(name, value) for name, value in request.headers.items() if name not in _PASSING]
    return request.query, frozenset(headers)


def _conditional(request: HTTPRequest, entry: _Entry | None) -> HTTPRequest:
    if not entry or entry.etag is None:
        return request
    headers = {**request.headers, "if-none-match": entry.etag}
    return HTTPRequest("GET", headers, b"", query=request.query, timeout=request.timeout)


def _entry(response: HTTPResponse) -> _Entry | None:
    """Make the entry of an answer; ``None`` where it must not or need not be kept."""
    headers = response.headers
    control = headers.get("cache-control") or ""
    if response.status != 200 or _UNCACHED.search(control) or "*" in headers.get("vary", ""):
        return None
    seconds = _fresh_seconds(control, headers)
    etag = headers.get("etag")
    if seconds <= 0 and etag is None:
        return None
    groups = frozenset(_GROUP.findall(headers.get("cache-groups") or ""))
    return _Entry(response, monotonic() + seconds, etag, groups)


def _fresh_seconds(control: str, headers: Mapping[str, str]) -> float:
    stated = _MAX_AGE.search(control)
    if stated is None or _REVALIDATED.search(control):
        return 0.0
    age = headers.get("age", "0")
    return float(stated[1]) - (float(age) if age.isdecimal() else 0.0)


def _size(entry: _Entry) -> int:
    return len(entry.response.body) + _OVERHEAD
