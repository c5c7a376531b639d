"""For generated clients whose types are models of pydantic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from trunkline.client.generated.operation import Codec, Reader, converting_reader

__all__ = ["MODELS", "InputModel", "ResponseModel"]

Data = TypeVar("Data")

_CONFIGURATION = ConfigDict(
    populate_by_name=True, arbitrary_types_allowed=True, protected_namespaces=()
)


class ResponseModel(BaseModel, frozen=True):
    """The object of a selection set. Immutable; fields that ``@skip`` left out are ``UNSET``."""

    model_config = _CONFIGURATION


class InputModel(BaseModel):
    """An input object. Fields that are ``UNSET`` are not sent; ``None`` is sent as null."""

    model_config = _CONFIGURATION


class _Models(Codec):
    """Reads responses into models, and writes the models of inputs."""

    writes_itself = False

    def reader(self, data: type[Data]) -> Reader[Data]:
        validate = cast("type[BaseModel]", data).model_validate
        return converting_reader(cast("Callable[[Any], Data]", validate))

    def members(self, value: Any) -> Iterable[tuple[str, Any]] | None:
        if not isinstance(value, BaseModel):
            return None
        fields = type(value).model_fields.items()
        return [(each.serialization_alias or name, getattr(value, name)) for name, each in fields]


MODELS = _Models()
