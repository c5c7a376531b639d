"""gql in a process of its own: it calls as it is told, a line of JSON each.

A line is ``{"how": "session" | "execute" | "parse", "query": …, "count": n}``; the report has the
seconds that it took, and the answer. `python gql_client.py URL SDL`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from gql import Client, gql  # type: ignore[import-not-found, unused-ignore]
from gql.transport.httpx import HTTPXTransport  # type: ignore[import-not-found, unused-ignore]
from gql.utilities import parse_result  # type: ignore[import-not-found, unused-ignore]
from graphql import GraphQLEnumType, build_schema

URL, SDL = sys.argv[1:]


def caller(how: str, query: str) -> Callable[[], Any]:
    document = gql(query)
    client = Client(transport=HTTPXTransport(URL), fetch_schema_from_transport=True)
    if how == "execute":
        return lambda: client.execute(document)
    if how == "parse":
        return parser(document, client.execute(document))
    session = client.connect_sync()  # type: ignore[no-untyped-call, unused-ignore]
    return lambda: session.execute(document)


def parser(document: Any, data: Any) -> Callable[[], Any]:
    schema: Any = build_schema(SDL)
    parsers = {"DateTime": datetime.fromisoformat, "UUID": UUID, "Decimal": Decimal}
    for name, parse in parsers.items():
        schema.get_type(name).coerce_input_value = parse
        schema.get_type(name).parse_value = parse
    assert isinstance(schema.get_type("State"), GraphQLEnumType)  # noqa: S101
    return lambda: parse_result(schema, document.document, data)


def main() -> None:
    made: dict[tuple[str, str], Callable[[], Any]] = {}
    for line in sys.stdin:
        order = json.loads(line)
        key = order["how"], order["query"]
        if key not in made:
            made[key] = caller(*key)
        call = made[key]
        answer: Any = None
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(order["count"]):
            answer = call()
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        text = json.dumps({"data": answer}, default=str)
        sys.stdout.write(json.dumps({**spent, "answer": text}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
