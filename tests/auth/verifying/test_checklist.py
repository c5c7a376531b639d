"""Every rule of the checklist that an API must keep is a test here, or left out for a reason.

A test carries the rule in its name or in the id of its row: ``RS-01`` is ``rs_01``.
"""

from __future__ import annotations

import re
from pathlib import Path

RULES = {
    "RS": range(1, 8),  # what RFC 6750 says of an API's answers
    "AT": range(4, 9),  # access tokens by RFC 9068; 1 to 3 are their issuer's
    "JW": (3, 5, 6, 7, 8, 9),  # keys; 1, 2 and 4 are their issuer's
    "MT": (6, 9),  # certificates, RFC 8705; the others are the issuer's
    "DP": range(1, 13),  # proofs, RFC 9449
    "MD": (2, 4, 5),  # metadata; 1 and 3 are the issuer's, 6 is the client's
    "IN": (2, 4, 6),  # introspection, RFC 7662; 1, 3 and 5 are the issuer's
    "RV": (4,),  # revocation; 1 to 3 are the issuer's and the client's
    "SEP": range(1, 9),  # what keeps a REST API's callers from GraphQL
}

LEFT_OUT = {
    "DP-10": "This API hands out no nonces: proofs are remembered instead, each for two minutes.",
    "IN-06": "Whether an issuer tells of JWTs is known to whoever names its introspection.",
    "SEP-3": "Applications are apart where people put them apart; the demo's are tested there.",
    "SEP-7": "There is no bridge from REST to GraphQL that could hand on a caller's token.",
}

ELSEWHERE = {
    "SEP-6": "test_rs_04_tokens_in_query_strings_and_cookies_are_not_looked_at",
    "SEP-8": "test_sep_1_rest_and_graphql_take_no_tokens_of_each_other",
}


def test_every_rule_is_tested_or_left_out_for_a_reason() -> None:
    here = Path(__file__)
    texts = [each.read_text(encoding="utf-8") for each in here.parent.glob("test_*.py")]
    text = "\n".join(each for each in texts if "LEFT_OUT" not in each)
    rules = {f"{group}-{number:02}" for group, numbers in RULES.items() for number in numbers}
    rules = {each.replace("SEP-0", "SEP-") for each in rules}
    found = re.findall(r"\b(?:test_)?(rs|at|jw|mt|dp|md|in|rv|sep)_(\d+)(?=[_\"])", text)
    tested = {f"{group.upper()}-{number}" for group, number in found}
    assert all(f"def {name}(" in text for name in ELSEWHERE.values())
    assert rules == (tested & rules) | set(ELSEWHERE) | set(LEFT_OUT)
    assert not tested & set(LEFT_OUT)
