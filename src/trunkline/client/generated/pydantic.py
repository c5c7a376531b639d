"""For generated clients whose types are models of pydantic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag

from trunkline.client.generated.converted import converting_reader
from trunkline.client.generated.operation import Codec, Reader
from trunkline.client.generated.unions import member_for

__all__ = ["MODELS", "Input", "OneOf", "Parsed", "Selected"]

Data = TypeVar("Data")


class Selected(BaseModel, frozen=True):
    """What a selection set gives. Immutable; fields that `@skip` left out are ``UNSET``."""

    model_config = ConfigDict(
        populate_by_name=True, arbitrary_types_allowed=True, protected_namespaces=()
    )


class Input(BaseModel):
    """An input object. Fields that are ``UNSET`` are not sent; ``None`` is sent as null."""

    model_config = ConfigDict(
        populate_by_name=True, arbitrary_types_allowed=True, protected_namespaces=()
    )


class _Models(Codec):
    """Reads answers into models, and writes those of inputs."""

    def reader(self, data: type[Data]) -> Reader[Data]:
        validate = cast("type[BaseModel]", data).model_validate
        return converting_reader(cast("Callable[[Any], Data]", validate))

    writes_itself = False

    def members(self, value: Any) -> Iterable[tuple[str, Any]] | None:
        if not isinstance(value, BaseModel):
            return None
        fields = type(value).model_fields.items()
        return [(each.serialization_alias or name, getattr(value, name)) for name, each in fields]


MODELS = _Models()

if TYPE_CHECKING:
    from typing import Annotated as Parsed
    from typing import Union as OneOf
else:

    class OneOf:
        """One of several models, by ``__typename``; the last takes what the others do not."""

        def __class_getitem__(cls, members: tuple[type[BaseModel], ...]) -> Any:
            tagged = tuple(Annotated[each, Tag(each.__name__)] for each in members)
            return Annotated[Union[tagged], Discriminator(_chooser(members))]  # noqa: UP007

    class Parsed:
        """A scalar's type, and the function that makes it of what JSON has."""

        def __class_getitem__(cls, scalar: tuple[type, Callable[[Any], Any]]) -> Any:
            type_, parse = scalar
            return Annotated[type_, BeforeValidator(parse)]


def _chooser(members: tuple[type[BaseModel], ...]) -> Callable[[Any], str]:
    def choose(value: Any) -> str:
        if isinstance(value, BaseModel):
            return type(value).__name__
        return member_for(members, value).__name__

    return choose
