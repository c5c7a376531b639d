"""Every rule that an issuer and a client must keep is a test, or is left out for a reason.

A test carries the rule in its name: ``test_as_01_…`` is AS-01. What an API must keep with the
tokens that it gets is in `verifying/test_checklist.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

RULES = {
    "AS": range(1, 23),  # the token endpoint, RFC 6749
    "PK": range(1, 11),  # assertions, RFC 7521 and 7523
    "MT": (1, 2, 3, 4, 5, 7, 8, 9),  # certificates, RFC 8705
    "DP": range(1, 13),  # proofs, RFC 9449
    "AT": (1, 2, 3),  # access tokens, RFC 9068
    "JW": (1, 2, 4, 5),  # keys, RFC 7517
    "MD": (1, 2, 3, 4, 6),  # metadata, RFC 8414
    "IN": (1, 2, 3, 5),  # introspection, RFC 7662
    "RV": (1, 2, 3),  # revocation, RFC 7009
    "RI": (1, 2, 3),  # resources, RFC 8707
}

LEFT_OUT = {
    "JW-04": "There are no symmetric keys: an issuer makes none, and a client's are refused.",
    "MD-06": "The client knows its issuer beforehand, and follows nothing that a 401 says.",
    "RV-03": "The client revokes nothing: its tokens live for minutes, and are shared.",
}

HERE = Path(__file__).parent


def test_every_rule_is_tested_or_left_out_for_a_reason() -> None:
    rules = {f"{group}-{number:02}" for group, numbers in RULES.items() for number in numbers}
    texts = [
        file.read_text(encoding="utf-8")
        for folder in (HERE.parent / "issuer", HERE / "calling")
        for file in folder.glob("test_*.py")
    ]
    names = re.findall(r"^(?:async )?def test_(\w+)\(", "\n".join(texts), re.MULTILINE)
    tested = {
        f"{group.upper()}-{number}"
        for name in names
        for group, number in re.findall(r"(?:^|_)([a-z]{2})_(\d\d)(?=_)", name)
    }
    assert rules - set(LEFT_OUT) == tested & rules
    assert not tested & set(LEFT_OUT)
    assert set(LEFT_OUT) <= rules
