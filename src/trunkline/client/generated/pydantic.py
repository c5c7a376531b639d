"""For generated clients whose types are models of pydantic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from trunkline.client.generated.operation import Codec, Reader, converting_reader
from trunkline.client.generated.values import located

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
        validate = cast("Callable[[Any], Data]", cast("type[BaseModel]", data).model_validate)

        def convert(value: Any) -> Data:
            try:
                return validate(value)
            except ValidationError as error:
                raise _located(error.errors()[0], value) from None

        return converting_reader(convert)

    def members(self, value: Any) -> Iterable[tuple[str, Any]] | None:
        if not isinstance(value, BaseModel):
            return None
        fields = type(value).model_fields.items()
        return [(each.serialization_alias or name, getattr(value, name)) for name, each in fields]


def _located(error: ErrorDetails, value: Any) -> ValueError:
    """Make an error of pydantic's one whose place has the keys of the response alone.

    pydantic's has the classes of unions, too.
    """
    place = ""
    for step in error["loc"]:
        if isinstance(value, list) and isinstance(step, int):
            place, value = f"{place}[{step}]", value[step]
        elif isinstance(value, dict) and step in value:
            place, value = f"{place}.{step}", value[step]
    if error["type"] == "missing":
        return located(ValueError(f"Object missing required field `{error['loc'][-1]}`"), place)
    return located(ValueError(error["msg"]), place)


MODELS = _Models()
