"""The one URL of a request by id."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocol.canonical import canonical_query, location_of
from trunkline.protocol.request import read_query_string

ID = "sha256:71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"
A, B = "variables=%7B%22a%22%3A1%7D", "extensions=%7B%22b%22%3A2%7D"


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ((None, None), ""),
        (({}, {}), ""),
        # the example of the specification, and its order
        (({"id": "QVBJcy5ndXJ1"}, None), "variables=%7B%22id%22%3A%22QVBJcy5ndXJ1%22%7D"),
        (
            ({"a": 1}, {"b": 2}, ID, "One"),
            f"documentId={ID.replace(':', '%3A')}&operationName=One&{A}&{B}",
        ),
        # names are sorted, at every level
        (
            ({"b": [{"d": 1, "c": 2}], "a": None}, None),
            "variables=%7B%22a%22%3Anull%2C%22b%22%3A%5B%7B%22c%22%3A2%2C%22d%22%3A1%7D%5D%7D",
        ),
        # as URLSearchParams encodes
        (({"a": "*-._~ é+/"}, None), "variables=%7B%22a%22%3A%22*-._%7E+%C3%A9%2B%2F%22%7D"),
        (({"a": 10**30, "b": 1.0}, None), f"variables=%7B%22a%22%3A1{'0' * 30}%2C%22b%22%3A1.0%7D"),
    ],
)
def test_a_query_string(parameters: Any, query: str) -> None:
    assert canonical_query(*parameters) == query


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # no half of a surrogate pair, which is no text
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("aé+&=", max_size=3), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("ab", min_size=1), JSON, max_size=3))
def test_what_is_written_is_read_and_written_again(variables: dict[str, Any]) -> None:
    query = canonical_query(variables, None)
    request = read_query_string(query.encode())
    assert request.variables == (variables or None)
    assert canonical_query(request.variables, None) == query
    assert canonical_query(dict(reversed(variables.items())), None) == query
    assert len(parse_qsl(query)) == bool(variables)


@pytest.mark.parametrize(
    "path",
    [
        "/graphql",
        "/api/v1/graphql",
        "/gräph ql",
        f"/api/v1/graphql/{ID}",
        f"/graphql/{ID}/",
        f"/graphql/{ID}/Two",
        "/",
    ],
)
@pytest.mark.parametrize(("name", "end"), [("One", f"{ID}/One"), (None, ID)])
def test_a_location_is_below_the_endpoint(path: str, name: str | None, end: str) -> None:
    base = path.partition("/sha256:")[0].removesuffix("/").replace("ä", "%C3%A4")
    for query in ("", "a=1"):
        location = location_of(path, ID, name, query)
        found = urljoin(f"https://api.example{path}?x=1", location)
        assert found == f"https://api.example{base.replace(' ', '%20')}/{end}{query and '?a=1'}"
