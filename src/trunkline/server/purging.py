"""Purging caches that are elsewhere, by HTTP, in a thread of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from threading import Condition, Thread
from urllib.parse import urlsplit

from trunkline.forks import renewed_in_children
from trunkline.observe.log import safe_logger
from trunkline.protocol.messages import HEADER_NAME

__all__ = ["CachePurge"]

logger = safe_logger("trunkline.caching")

_TIMEOUT = 10.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0  # seconds before it is tried again
_AT_ONCE = 100  # groups of one request; a header has 8 KB at most
_MOST = 100_000  # groups that wait


class CachePurge:
    """Tells an HTTP cache which groups to forget: ``Caching(on_invalidation=CachePurge(url))``.

    It sends requests such as ``PURGE /`` with the header ``xkey-purge: Book:* Book:7``, as the
    recipe for Varnish in the documentation reads them. ``method``, ``header`` and ``separator`` are
    what another cache wants, ``headers`` are sent besides, a key of its API, for example.

    Calling it returns at once; a thread sends. Groups that wait are sent together. If the cache
    does not respond, or says 5xx, it is tried again until it succeeds, at least every 30 seconds.
    If it refuses a request (4xx), that is logged, and not tried again.

    Raises ``ValueError`` if the URL or the header cannot be one.
    """

    def __init__(
        self,
        url: str,
        *,
        method: str = "PURGE",
        header: str = "xkey-purge",
        separator: str = " ",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("The url of CachePurge must be http(s)://host/…")
        if not HEADER_NAME.fullmatch(header):
            raise ValueError(f"CachePurge: {header!r} cannot be the name of a header.")
        self._is_https = parts.scheme == "https"
        self._host = parts.hostname, parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._method, self._header, self._separator = method, header, separator
        self._headers = dict(headers or {})
        self._shown = f"{parts.scheme}://{parts.hostname}"
        self.after_fork()
        renewed_in_children(self)

    def after_fork(self) -> None:
        """Begin anew: the parent's thread, and what waits for it, are the parent's."""
        self._waiting: dict[str, None] = {}  # in order, each once
        self._is_sending = False
        self._changed = Condition()
        self._thread: Thread | None = None

    def __repr__(self) -> str:
        return f"CachePurge({self._shown!r})"

    def __call__(self, groups: Collection[str]) -> None:
        """Let the cache forget groups, soon."""
        with self._changed:
            if len(self._waiting) + len(groups) > _MOST:
                logger.error("%r: too many groups wait; these are lost: %s", self, groups)
                return
            self._waiting.update(dict.fromkeys(groups))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="trunkline-purging", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until everything is sent, before a program ends; return whether it is so."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and not self._is_sending, seconds
            )

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                groups = list(self._waiting)[:_AT_ONCE]
                for each in groups:  # which may be invalidated again from now on
                    del self._waiting[each]
                self._is_sending = True
            problem = self._send(groups)
            with self._changed:
                self._is_sending = False
                if problem is None:
                    pause = _FIRST_PAUSE
                    self._changed.notify_all()
                else:
                    self._waiting = {**dict.fromkeys(groups), **self._waiting}
                    logger.warning("%r: %s. It is tried again in %.1f s.", self, problem, pause)
                    self._changed.wait_for(lambda: False, pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)

    def _send(self, groups: list[str]) -> str | None:
        """Send a request; return why it must be tried again."""
        from http.client import (  # noqa: PLC0415  # slow to import
            HTTPConnection,
            HTTPException,
            HTTPSConnection,
        )

        host, port = self._host
        connect = HTTPSConnection if self._is_https else HTTPConnection
        connection = connect(host, port, timeout=_TIMEOUT)
        try:
            headers = {**self._headers, self._header: self._separator.join(groups)}
            connection.request(self._method, self._target, headers=headers)
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            return f"the cache cannot be reached ({type(error).__name__})"
        finally:
            connection.close()
        if status >= 500:
            return f"the cache responded with {status}"
        if status >= 300:
            logger.error("%r: the cache refused to purge (%d): %s", self, status, groups)
        return None
