"""Requests to AWS (AppSync, API Gateway), signed with the keys of an IAM user or role.

Client(url, auth=AWSSignature(url, region="eu-west-1"))
"""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import Any

from msgspec.structs import replace

from trunkline.auth.urls import check_secure
from trunkline.errors import TokenError
from trunkline.flow.calls import Flow, send_request
from trunkline.flow.single_flight import SingleFlight
from trunkline.forks import renewed_in_children
from trunkline.protocol.messages import HTTPRequest, HTTPResponse

try:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.session import Session
except ModuleNotFoundError as error:
    raise ImportError(
        "AWSSignature needs the library botocore: pip install 'trunkline[aws]'"
    ) from error

__all__ = ["AWSSignature"]

_ADDED = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")


class AWSSignature:
    """Signs each request with AWS Signature Version 4.

    - ``url``: that of the API, which is signed too.
    - ``region`` and ``service``: where the API is, and which of AWS's services it is: ``appsync``,
      or ``execute-api`` for API Gateway.
    - ``session``: a session of botocore. By default one that finds the keys as all of AWS's tools
      do: environment, files, web identity, container, instance.

    Keys that expire are renewed by botocore, in a thread of its own. Raises ``ValueError`` if the
    URL is not https, and ``TokenError`` if there are no keys.
    """

    def __init__(
        self, url: str, *, region: str, service: str = "appsync", session: Session | None = None
    ) -> None:
        check_secure(url)
        self._url = url
        self._region = region
        self._service = service
        self._session = session or Session()
        self._keys: Any = None  # a botocore.credentials.Credentials
        self.after_fork()
        renewed_in_children(self)

    def __repr__(self) -> str:
        return f"AWSSignature({self._service!r}, {self._region!r})"

    def after_fork(self) -> None:
        """Forget who waits for whom: after a fork they are in the other process."""
        self._flight = SingleFlight()

    def auth_flow(self, request: HTTPRequest) -> Flow[HTTPResponse]:
        """Send a request with its signature."""
        if self._keys is None or getattr(self._keys, "refresh_needed", bool)():
            yield from self._flight.run(self._load)
        return (yield from send_request(self._signed(request)))

    def _signed(self, request: HTTPRequest) -> HTTPRequest:
        # Only what no transport changes is signed.
        url = request.url_at(self._url)
        signed = AWSRequest(request.method, url, data=request.body)
        SigV4Auth(self._keys.get_frozen_credentials(), self._service, self._region).add_auth(signed)
        added = {name.lower(): signed.headers[name] for name in _ADDED if name in signed.headers}
        return replace(request, headers={**request.headers, **added})

    def _load(self) -> Flow[None]:
        """Find the keys, or renew them. botocore may send requests meanwhile, and blocks."""
        done: Future[None] = Future()

        def work() -> None:
            try:
                keys = self._keys or self._session.get_credentials()
                if keys is not None:
                    keys.get_frozen_credentials()
                self._keys = keys
            except Exception as error:  # noqa: BLE001  # its message may have what a program printed
                done.set_exception(_failure(f"cannot be read: {type(error).__name__}"))
            else:
                done.set_result(None)

        Thread(target=work, daemon=True).start()
        yield done
        if self._keys is None:
            raise _failure("were not found")


def _failure(why: str) -> TokenError:
    return TokenError(
        f"The AWS keys {why}. Give them as AWS's own tools find them (AWS_ACCESS_KEY_ID, for"
        " example), or give AWSSignature a session= that has them."
    )
