"""The one module that generated clients import: what their text need not repeat.

It imports neither graphql-core nor a library for HTTP or models: a generated client starts fast.
``trunkline.client.generated.dataclasses`` and ``trunkline.client.generated.pydantic`` have what
differs for those who chose these as the style of their types.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, field

from trunkline.client.calls import CallOptions
from trunkline.client.generated.answers import Result
from trunkline.client.generated.clients import AsyncGeneratedClient, GeneratedClient
from trunkline.client.generated.enums import OpenEnum
from trunkline.client.generated.operation import Operation, Serializers
from trunkline.client.generated.unions import OneOf, Parsed

__all__ = [  # noqa: RUF022  # as all doors' are
    "AsyncGeneratedClient",
    "CallOptions",
    "GeneratedClient",
    "OneOf",
    "OpenEnum",
    "Operation",
    "Parsed",
    "Result",
    "Serializers",
    "Struct",
    "UNSET",
    "UnsetType",
    "field",
]
