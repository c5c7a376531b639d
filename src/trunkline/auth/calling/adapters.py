"""Credentials for libraries that send the API's requests themselves: httpx, httpx2 and requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, MutableMapping
from typing import Any

from trunkline.auth.calling.credentials import ClientCredentials
from trunkline.auth.sending import response_of, send_with, send_with_async
from trunkline.auth.urls import check_secure, origin_of
from trunkline.flow.calls import Flow
from trunkline.flow.drivers import run, run_async
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

__all__ = ["TIMEOUT", "APICredentials", "HTTPXFamilyAuth"]

TIMEOUT = 10.0
"""Seconds that the issuer may take by default."""


class APICredentials:
    """Credentials that are sent to one API, at ``api``, and nowhere else.

    Raises ``ValueError`` if it is not known where the API is, or if everyone could read what is
    sent there.
    """

    def __init__(self, credentials: ClientCredentials, api: str | None) -> None:
        url = api or credentials.resource
        if url is None:
            raise ValueError(
                "Say to which API the token may be sent: api='https://api.internal', or resource="
                " of the credentials."
            )
        check_secure(url, allow_http=credentials.allow_http)
        self._origin = origin_of(url)
        self._credentials = credentials
        self.reads_bodies = credentials.reads_bodies

    def call(self, method: str, url: object) -> Conversation:
        """Begin a call. Raises ``ValueError`` if it goes elsewhere."""
        where = origin_of(str(url))
        if where != self._origin:
            raise ValueError(
                f"The token is for {self._origin} and is not sent to {where}. Call that without"
                " these credentials, or give them the right api=."
            )
        return Conversation(self._credentials, method, str(url))


class Conversation:
    """The credentials' flow of one call. The library sends the API's requests of it."""

    def __init__(self, credentials: ClientCredentials, method: str, url: str) -> None:
        self._url = url
        self._flow = credentials.auth_flow(HTTPRequest(method, {}, b"", url))

    def next_request(
        self, headers: MutableMapping[str, str], response: HTTPResponse | None = None
    ) -> Flow[bool]:
        """Go on to the API's next request, and add to its headers; say whether there is one.

        ``response`` is the API's response to the request before. Requests to the issuer are steps
        of this flow.
        """
        flow = self._flow
        try:
            step = next(flow) if response is None else flow.send(response)
            # The API's own request has no body here: a token endpoint may be at the same URL.
            while not (isinstance(step, HTTPRequest) and step.url == self._url and not step.body):
                try:
                    outcome = yield step
                except BaseException as error:  # noqa: BLE001  # the flow decides, and may clean up
                    failure = error
                else:
                    step = flow.send(outcome)
                    continue
                step = flow.throw(failure)
        except StopIteration:
            return False
        headers.update(step.headers)
        return True


class _UncopiedHeaders:
    """Headers of httpx or of httpx2 (``plain``), some of which no copy has.

    The headers of a redirected request are such a copy: without this, both libraries take only
    ``Authorization`` out of it.
    """

    plain: Any

    def __init__(self, headers: Any, uncopied: dict[str, str]) -> None:
        self.plain.__init__(self, headers)
        self._uncopied = uncopied

    def _all(self) -> Any:
        headers = self.plain(self)
        headers.update(self._uncopied)
        return headers

    @property
    def raw(self) -> Any:
        return self._all().raw

    def keys(self) -> Any:
        return self._all().keys()

    def values(self) -> Any:
        return self._all().values()

    def items(self) -> Any:
        return self._all().items()

    def multi_items(self) -> Any:
        return self._all().multi_items()

    def get_list(self, *arguments: Any, **options: Any) -> Any:
        return self._all().get_list(*arguments, **options)

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __delitem__(self, name: str) -> None:
        if self._uncopied.pop(name.lower(), None) is None or name in self:
            self.plain.__delitem__(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __iter__(self) -> Any:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self.plain(self))  # they are secrets


class HTTPXFamilyAuth:
    """An ``Auth`` of httpx or of httpx2, whose interfaces are the same.

    ``library`` is the module.
    """

    requires_request_body = True  # it may be sent twice
    library: Any

    def __init__(
        self, credentials: ClientCredentials, *, api: str | None = None, **options: Any
    ) -> None:
        self._credentials = APICredentials(credentials, api)
        self._options: dict[str, Any] = {"timeout": TIMEOUT, **options, "follow_redirects": False}
        plain = self.library.Headers
        self._uncopied: Any = type("Headers", (_UncopiedHeaders, plain), {"plain": plain})

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """Add the credentials to the API's requests, in this thread."""
        call, response = self._credentials.call(request.method, request.url), None
        headers: dict[str, str] = {}
        while run(call.next_request(headers, response), self._send):
            self._add(headers, request)
            received = yield request
            body = received.read() if self._credentials.reads_bodies else b""
            response = response_of(received, body)

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """Add the credentials to the API's requests, in this task."""
        call, response = self._credentials.call(request.method, request.url), None
        headers: dict[str, str] = {}
        while await run_async(call.next_request(headers, response), self._send_async):
            self._add(headers, request)
            received = yield request
            body = await received.aread() if self._credentials.reads_bodies else b""
            response = response_of(received, body)

    def _add(self, headers: dict[str, str], request: Any) -> None:
        uncopied = {name: value for name, value in headers.items() if name != "authorization"}
        if "authorization" in headers:
            request.headers["authorization"] = headers["authorization"]
        if uncopied:
            request.headers = self._uncopied(request.headers, uncopied)

    def _send(self, request: HTTPRequest) -> HTTPResponse:
        with self.library.Client(**self._options) as client:
            return send_with(client, request)

    async def _send_async(self, request: HTTPRequest) -> HTTPResponse:
        async with self.library.AsyncClient(**self._options) as client:
            return await send_with_async(client, request)
