"""The one module that generated clients import: what their text need not repeat.

It imports neither graphql-core nor a library for HTTP or models, so a generated client starts fast.
``trunkline.client.generated.dataclasses`` and ``trunkline.client.generated.pydantic`` have what
these two styles of types need.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, field

from trunkline.client.calls import CallOptions
from trunkline.client.generated.clients import AsyncGeneratedClient, GeneratedClient
from trunkline.client.generated.operation import GeneratedOperation, Serializers, TypedResult
from trunkline.client.generated.values import OneOf, OpenEnum, Parsed
from trunkline.client.uploads import Upload

__all__ = [  # noqa: RUF022  # sorted as every door's list
    "AsyncGeneratedClient",
    "CallOptions",
    "GeneratedClient",
    "GeneratedOperation",
    "OneOf",
    "OpenEnum",
    "Parsed",
    "Serializers",
    "Struct",
    "TypedResult",
    "UNSET",
    "UnsetType",
    "Upload",
    "field",
]
