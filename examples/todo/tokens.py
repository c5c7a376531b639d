"""The clients of the demo's issuer, and a request for a token as any program could send it."""

import requests

WEB_APP = "web-app"
MOBILE_APP = "mobile-app"
PLAYGROUND = "playground"
PROMETHEUS = "prometheus"

PATIENCE = 30  # seconds


def request_token(issuer: str, client_id: str, secret: str, audience: str) -> str:
    """Ask the issuer for a token (RFC 6749 §4.4.2)."""
    form = {"grant_type": "client_credentials", "resource": audience}
    response = requests.post(f"{issuer}/token", form, auth=(client_id, secret), timeout=PATIENCE)
    response.raise_for_status()
    return str(response.json()["access_token"])
