"""The page: its template filled in, and the policy that a browser holds it to."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


def fill(template: bytes, **values: str) -> bytes:
    """Put the values, escaped, where the template names them.

    In one pass: a value that looks like a placeholder stays what it is.
    """
    filled = _PLACEHOLDER.sub(
        lambda found: html.escape(values[found[1]], quote=True), template.decode()
    )
    return filled.encode()


def content_security_policy(endpoint: str) -> str:
    """Allow what the page needs, which is this server and the endpoint, and nothing else.

    The exceptions to `'self'` are those without which Chromium reports violations: GraphiQL's
    editor, Monaco, sets style attributes by the hundred and adds style elements for its themes;
    GraphiQL's stylesheet embeds its fonts; Monaco underlines mistakes with an embedded image.
    """
    connect = " ".join(["'self'", *_foreign_origin(endpoint)])
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            f"connect-src {connect}",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _foreign_origin(endpoint: str) -> list[str]:
    """Name the endpoint's origin if its URL has one; refuse what would not fit in the header."""
    url = urlsplit(endpoint)
    if not url.scheme and not url.netloc:
        return []
    if url.scheme not in {"", "http", "https"} or not _HOST.fullmatch(url.netloc):
        raise ValueError(
            f"The playground's endpoint must be a path or an http(s) URL without a password, "
            f"its host in ASCII: {endpoint!r}"
        )
    return [f"{url.scheme}://{url.netloc}" if url.scheme else url.netloc]
