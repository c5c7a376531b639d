"""The transport for programs that have requests already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeAlias

from trunkline.client.transports.addresses import (
    checked_url,
    identity_of,
    refuse_redirect,
    shown_url,
    target,
)
from trunkline.client.transports.clock import until
from trunkline.client.transports.failures import connection_failed, root_cause, undecodable
from trunkline.client.transports.headers import checked_headers
from trunkline.client.transports.leases import Lease, close, leased
from trunkline.client.transports.pool import DEFAULT_POOL, Pool
from trunkline.client.transports.timeouts import DEFAULT_TIMEOUT, Timeout
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    from requests import PreparedRequest, RequestException, Response, Session
    from requests.auth import AuthBase
    from requests.exceptions import ContentDecodingError

    from trunkline.client.transports.requests_sockets import TimedAdapter, never_sent
except ModuleNotFoundError as error:
    raise ImportError(
        "RequestsHTTPTransport needs the library requests: pip install 'trunkline[requests]'"
    ) from error

__all__ = ["RequestsHTTPTransport"]

Auth: TypeAlias = tuple[str, str] | AuthBase | Callable[[PreparedRequest], PreparedRequest]


class RequestsHTTPTransport:
    """Carries requests over HTTP with the library requests. Blocking; threads share one.

    ``headers`` go with every request and win over the client's own. ``timeout`` is in seconds:
    one number, or ``(to connect, for the next bytes)``, or ``None`` to wait for ever. ``verify``
    is ``False`` to accept any certificate, or the path of the authorities to trust. ``auth`` is
    what requests takes: ``(user, password)``, or an object or function that changes the request.
    ``pool`` has the limits of connections; threads beyond them open one for the call.
    Proxies and authorities from the environment are requests' affair.

    The request's body is always JSON: ``use_json`` is here for those who come from gql.
    """

    def __init__(  # noqa: PLR0913  # as gql's, so that a program changes only its imports
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        auth: Auth | None = None,
        pool: Pool = DEFAULT_POOL,
        use_json: bool = True,
    ) -> None:
        if not use_json:
            raise ValueError("GraphQL over HTTP has no form encoding: leave use_json=True.")
        self.url = checked_url(url)
        self._headers = checked_headers(headers)
        self._timeout = timeout
        self._verify = verify
        self._auth = auth
        self._sessions = Lease(partial(_open, pool))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown_url(self.url)!r})"

    @property
    def identity(self) -> str | None:
        """What tells this transport's server and credentials from others, as a hash.

        ``None`` where an ``auth`` may give any.
        """
        return None if self._auth else identity_of(self.url, self._headers)

    def send(self, request: HTTPRequest) -> HTTPResponse:
        """Send a request and return the whole answer, whatever its status.

        Raises ``ConnectionFailedError`` where there is no whole answer, ``ProtocolError`` where
        its compression is broken, ``ServerStatusError`` at a redirect that must not be followed.
        """
        url = request.url or self.url
        try:
            with leased(self._sessions) as session:
                return self._exchange(session, request)
        except ContentDecodingError as error:
            raise undecodable(url, error) from root_cause(error)
        except RequestException as error:
            unsent = never_sent(error)
            raise connection_failed(url, error, never_sent=unsent) from root_cause(error)

    def close(self) -> None:
        """Close the connections, each once no call uses it any more."""
        close(self._sessions.retire())

    def _exchange(self, session: Session, request: HTTPRequest) -> HTTPResponse:
        headers = request.headers if request.url else {**request.headers, **self._headers}
        auth = None if request.url else self._auth
        with nullcontext() if request.timeout is None else until(request.timeout):
            response = session.request(
                request.method,
                target(self.url, request),
                data=request.body,
                headers=headers,
                timeout=self._timeout,
                verify=self._verify,  # the session's own would yield to the environment's
                auth=auth or (_unchanged if "authorization" in headers else None),
            )
        return HTTPResponse(response.status_code, response.content, response.headers)


def _open(pool: Pool) -> Session:
    session = Session()
    adapter = TimedAdapter(pool)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.hooks["response"].append(_refuse_redirect)
    return session


def _unchanged(request: PreparedRequest) -> PreparedRequest:
    """Keep requests from replacing a given Authorization header by what ``.netrc`` has."""
    return request


def _refuse_redirect(response: Response, **_: Any) -> None:
    try:
        refuse_redirect(response.url, response.status_code, response.headers.get("location"))
    except Exception:
        response.close()  # requests has not read it yet, and would keep its socket
        raise
