"""The answer's JSON."""

from __future__ import annotations

import json
from typing import Any

import orjson

__all__ = ["encode"]


def encode(answer: dict[str, Any]) -> bytes:
    """Write an answer as JSON in UTF-8.

    orjson is the fastest (`benchmarks/json_encoders.py`), and refuses two things that JSON can
    say: integers of more than 64 bits, and lone surrogates, which `json` writes as escapes.
    Raises ``TypeError`` or ``ValueError`` for what neither can write.
    """
    try:
        return orjson.dumps(answer)
    except orjson.JSONEncodeError:
        return json.dumps(answer, allow_nan=False, separators=(",", ":")).encode()
