"""The headers by which a server knows who calls."""

from __future__ import annotations

from functools import lru_cache

from trunkline.client.transports.rules import check_headers
from trunkline.protocol.media import ACCEPT, JSON

__all__ = ["request_headers"]


def request_headers(name: str | None, version: str | None) -> dict[str, str]:
    """Return what every request of a client says of itself, names in lower case.

    ``name`` and ``version`` are of the program that calls; servers log them and count usage by
    them. Raises ``ValueError`` where one of them cannot stand in a header.
    """
    named = {"graphql-client-name": name, "graphql-client-version": version}
    headers = {"accept": ACCEPT, "content-type": JSON, "user-agent": _user_agent()}
    headers |= {header: value for header, value in named.items() if value is not None}
    return check_headers(headers)


@lru_cache(maxsize=1)
def _user_agent() -> str:
    from importlib.metadata import version  # noqa: PLC0415  # 10 ms of a start

    return f"trunkline/{version('trunkline')}"
