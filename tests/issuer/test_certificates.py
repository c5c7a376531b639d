"""Clients that show a certificate (RFC 8705), directly and through a proxy."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.issuer.asking import API, Answer, Desk, basic
from tests.issuer.authorities import Authority, Certified, make

from trunkline.auth import Proxies

AUTHORITY, STRANGER = Authority(), Authority("Stranger")
PROXY = ("10.0.0.1", 1)
NAMES = (
    x509.DNSName("web.example"),
    x509.UniformResourceIdentifier("spiffe://example/web"),
    x509.IPAddress(ip_address("2001:db8::1")),
    x509.RFC822Name("web@example"),
)
WEB = AUTHORITY.sign("CN=web,O=Example", *NAMES)


@pytest.fixture
def desk() -> Desk:
    proxies = Proxies(["10.0.0.0/8"], "X-Client-Cert")
    return Desk(authorities=[AUTHORITY.own.certificate], proxies=proxies)


def show(desk: Desk, client_id: str, shown: Certified | None, **form: Any) -> Answer:
    tls = {"client_cert_chain": [shown.pem]} if shown else {"client_cert_chain": []}
    asked = {"grant_type": "client_credentials", "resource": API, "client_id": client_id}
    return desk.ask({**asked, **form}, extensions={"tls": tls})


def refused(answer: Answer) -> None:
    assert (answer.status, answer.error) == (401, "invalid_client")


def confirmation(answer: Answer) -> Any:
    payload = answer.body["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "==")).get("cnf")


@pytest.mark.parametrize("first", ["stranger", "own", "empty", "together", "of RFC 9440"])
def test_ta_07_several_certificates_in_the_header_are_refused(desk: Desk, first: str) -> None:
    desk.add("tls", method="tls_client_auth", subject=("subject_dn", "CN=web,O=Example"))
    stranger, own = STRANGER.sign("CN=web,O=Example").pem, WEB.pem
    der = base64.b64encode(WEB.certificate.public_bytes(Encoding.DER)).decode()
    sent = {
        "stranger": [quote(stranger), quote(own)],
        "own": [quote(own), quote(stranger)],
        "empty": ["", quote(own)],
        "together": [quote(own + stranger)],
        "of RFC 9440": [f":{der}:", f":{der}:"],
    }[first]
    headers = [("x-client-cert", each) for each in sent]
    form = {"grant_type": "client_credentials", "resource": API, "client_id": "tls"}
    asked = (("x-forwarded-proto", "https"), ("x-forwarded-for", "192.0.2.1"))
    answer = desk.ask(form, *asked, *headers, client=PROXY)
    refused(answer)
    assert "several client certificates" in answer.body["error_description"]
    assert desk.ask(form, *asked, ("x-client-cert", quote(own)), client=PROXY).status == 200


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("subject_dn", "CN=web,O=Example"),
        ("san_dns", "WEB.example"),
        ("san_uri", "spiffe://example/web"),
        ("san_ip", "2001:0db8:0000::0001"),
        ("san_email", "web@example"),
    ],
)
def test_mt_03_one_kind_of_subject(desk: Desk, kind: str, value: str) -> None:
    desk.add("web", method="tls_client_auth", subject=(kind, value), bound="mtls")
    assert show(desk, "web", WEB).status == 200
    other = AUTHORITY.sign("CN=other", x509.DNSName("other.example"))
    refused(show(desk, "web", other))
    refused(show(desk, "web", AUTHORITY.sign("CN=nameless")))


def test_mt_01_the_request_names_the_client(desk: Desk) -> None:
    desk.add("web", method="tls_client_auth", subject=("san_dns", "web.example"))
    tls = {"client_cert_chain": [WEB.pem]}
    refused(desk.ask({"grant_type": "client_credentials"}, extensions={"tls": tls}))
    refused(show(desk, "", WEB))


@pytest.mark.parametrize(
    "shown",
    [
        None,
        STRANGER.sign("CN=web,O=Example", *NAMES),
        make("CN=web,O=Example", None, *NAMES),
        AUTHORITY.sign("CN=web,O=Example", *NAMES, ended=True),
        make("CN=web,O=Example", AUTHORITY.sign("CN=web"), *NAMES),
    ],
    ids=["none", "strange authority", "self-signed", "expired", "signed by no authority"],
)
def test_mt_02_other_certificates_are_refused(desk: Desk, shown: Certified | None) -> None:
    desk.add("web", method="tls_client_auth", subject=("subject_dn", "CN=web,O=Example"))
    refused(show(desk, "web", shown))


def test_mt_03_without_authorities_nobody_is_known() -> None:
    desk = Desk()
    desk.add("web", method="tls_client_auth", subject=("san_dns", "web.example"))
    refused(show(desk, "web", WEB))


def test_mt_04_a_certificate_that_signs_itself_is_registered(desk: Desk) -> None:
    own, other = make("self", None), make("self", None)
    desk.add("web", method="self_signed_tls_client_auth", certificates=[own.pem])
    assert show(desk, "web", own).status == 200
    refused(show(desk, "web", other))
    refused(show(desk, "web", WEB))


def test_mt_04_whoever_signs_itself_vouches_for_nobody(desk: Desk) -> None:
    own = make("self", None, is_authority=True)
    desk.add("self", method="self_signed_tls_client_auth", certificates=[own.pem])
    desk.add("web", method="tls_client_auth", subject=("subject_dn", "CN=web,O=Example"))
    refused(show(desk, "web", make("CN=web,O=Example", own, *NAMES)))


def test_mt_05_the_token_is_bound_to_the_certificate(desk: Desk) -> None:
    desk.add("web", method="tls_client_auth", subject=("san_dns", "web.example"), bound="mtls")
    digest = base64.urlsafe_b64encode(sha256(WEB.der).digest()).rstrip(b"=").decode()
    assert confirmation(show(desk, "web", WEB)) == {"x5t#S256": digest}
    secret = desk.add("secret", bound="mtls")
    answer = show(desk, "secret", WEB, client_secret=secret)
    assert confirmation(answer) == {"x5t#S256": digest}
    without = desk.token("secret", secret)
    assert (without.status, without.error) == (400, "invalid_request")


def test_mt_07_introspection_tells_the_same(desk: Desk) -> None:
    desk.add("web", method="tls_client_auth", subject=("san_dns", "web.example"), bound="mtls")
    api = desk.add("api", grants={}, serves=[API])
    answer = show(desk, "web", WEB)
    form = {"token": answer.body["access_token"]}
    told = desk.ask(form, basic("api", api), path="/introspect")
    assert told.body["cnf"] == confirmation(answer)


def test_mt_08_metadata_says_so() -> None:
    desk = Desk(mtls_url="https://mtls.auth.example")
    said = desk.get("/.well-known/oauth-authorization-server").body
    assert said["tls_client_certificate_bound_access_tokens"] is True
    assert said["mtls_endpoint_aliases"]["token_endpoint"] == "https://mtls.auth.example/token"
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(
        said["token_endpoint_auth_methods_supported"]
    )


def through(desk: Desk, header: str, *headers: tuple[str, str], client: Any = PROXY) -> Answer:
    form = {"grant_type": "client_credentials", "resource": API, "client_id": "web"}
    shown = ("x-client-cert", header)
    forwarded = ("x-forwarded-proto", "https")
    return desk.ask(form, shown, forwarded, *headers, client=client, scheme="http")


@pytest.fixture
def behind(desk: Desk) -> Desk:
    desk.add("web", method="tls_client_auth", subject=("san_dns", "web.example"))
    return desk


def test_mt_09_a_proxy_that_is_known_is_believed(behind: Desk) -> None:
    assert through(behind, quote(WEB.pem)).status == 200  # as nginx writes it
    rfc_9440 = f":{base64.b64encode(WEB.der).decode()}:"
    assert through(behind, rfc_9440).status == 200
    for wrong in ("", "x", ":x:", "%zz", quote(WEB.pem[:-60])):
        refused(through(behind, wrong))


def test_mt_09_anybody_else_is_not(behind: Desk) -> None:
    spoofed = through(behind, quote(WEB.pem), client=("192.0.2.1", 1))
    assert spoofed.error == "invalid_request"  # nor that it was https
    tls = {"grant_type": "client_credentials", "client_id": "web"}
    refused(behind.ask(tls, ("x-client-cert", quote(WEB.pem)), client=("192.0.2.1", 1)))
    refused(behind.ask(tls, ("x-client-cert", quote(WEB.pem)), client=("11.0.0.1", 1)))


def test_mt_09_without_a_proxy_no_header_counts() -> None:
    desk = Desk(authorities=[AUTHORITY.own.certificate])
    desk.add("web", method="tls_client_auth", subject=("san_dns", "web.example"))
    refused(through(desk, quote(WEB.pem), client=("127.0.0.1", 1)))


def test_the_address_is_the_last_one_that_is_no_proxy(behind: Desk) -> None:
    secret = behind.add("secret")
    form = {"grant_type": "client_credentials", "resource": API}
    wrong = basic("secret", "x" * 20)

    def ask(credentials: tuple[str, str], *addresses: str) -> int:
        forwarded = ("x-forwarded-for", ", ".join(addresses))
        https = ("x-forwarded-proto", "https")
        answer = behind.ask(form, credentials, forwarded, https, client=PROXY, scheme="http")
        return answer.status

    # Whatever a client writes before the address that our proxy has seen.
    statuses = [ask(wrong, f"203.0.113.{n}", "192.0.2.9", "10.0.0.2") for n in range(11)]
    assert statuses == [401] * 10 + [429]
    assert ask(basic("secret", secret), "192.0.2.8") == 200
