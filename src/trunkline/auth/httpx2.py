"""Client credentials for programs that call with httpx2 itself.

with httpx2.Client(auth=HTTPX2Auth(credentials)) as client: …
"""

from __future__ import annotations

import httpx2

from trunkline.auth.calling.adapters import HTTPXFamilyAuth

__all__ = ["HTTPX2Auth"]


class HTTPX2Auth(HTTPXFamilyAuth, httpx2.Auth):
    """Sends the credentials' token with each request, and requests it if there is none.

    ``api`` is the URL of the API; the default is ``resource`` of the credentials. A request to
    another host raises ``ValueError``, so the token does not get there.
    After a redirect, proofs (``dpop``) and tokens in another ``header`` are not sent. One in
    ``Authorization`` is sent within the origin, or from http to https of one host.
    ``options`` are httpx2's for the client that calls the issuer: ``verify``, ``cert``, ``proxy``.
    """

    library = httpx2
