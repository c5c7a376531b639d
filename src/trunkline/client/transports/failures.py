"""A library's exception as ours, told without what may be secret."""

from __future__ import annotations

from trunkline.client.transports.addresses import shown_url
from trunkline.errors import ConnectionFailedError, ProtocolError

__all__ = ["connection_failed", "root_cause", "undecodable"]


def connection_failed(
    url: str, error: Exception, *, never_sent: bool = False
) -> ConnectionFailedError:
    """Tell that no whole answer came, from where, and why.

    The library's own message is left out, because it quotes the URL's query.
    """
    root = root_cause(error)
    why = (root.strerror if isinstance(root, OSError) else None) or str(root)
    kind = type(error).__name__  # such as ConnectTimeout, ReadTimeout, ConnectError
    return ConnectionFailedError(
        f"No whole answer from {shown_url(url)} ({kind}): {why}", never_sent=never_sent
    )


def undecodable(url: str, error: Exception) -> ProtocolError:
    """Tell that an answer's body is not in the encoding that its headers name."""
    return ProtocolError(
        f"The answer from {shown_url(url)} is not in the Content-Encoding that it names:"
        f" {root_cause(error)}"
    )


def root_cause(error: BaseException) -> BaseException:
    """Find the exception that a library's exception wraps, in whichever way it does."""
    candidates = [error.__cause__, getattr(error, "reason", None), *error.args]
    inner = next((one for one in candidates if isinstance(one, BaseException)), None)
    return error if inner is None else root_cause(inner)
