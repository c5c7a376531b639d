"""What differs in the text between structs, dataclasses and pydantic's models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trunkline.generate.client.model import Attribute
from trunkline.generate.client.options import ScalarOption
from trunkline.text.literals import literal

__all__ = ["STYLES", "Style"]


@dataclass(frozen=True, slots=True)
class Style:
    """How classes are written.

    ``library`` has the classes' own module, beside which the runtime has one of the same name with
    ``own``. ``base`` and keywords stand in the head of a class, ``decorator`` before it; ``codec``
    is what operations are told, if it is not their default. ``taken`` are attributes that the
    library's classes have; ``scalars`` are those whose usual form it does not know.
    """

    library: str | None
    decorator: str | None
    base: str | None
    input_base: str | None
    own: tuple[str, ...]
    result_keywords: str
    input_keywords: str
    codec: str | None
    call: str
    keys: tuple[str, ...]
    taken: frozenset[str] = frozenset()
    scalars: Mapping[str, ScalarOption] = field(default_factory=dict[str, ScalarOption])

    def head(self, base: str | None, *, is_input: bool) -> str:
        """Return what stands in the parentheses behind a class's name."""
        keywords = self.input_keywords if is_input else self.result_keywords
        own = self.input_base if is_input else self.base
        return ", ".join(filter(None, (base or own, keywords)))

    def decorated(self, *, is_input: bool) -> str | None:
        """Return the decorator of a class."""
        return self.decorator and self.decorator.format("" if is_input else "frozen=True, ")

    def value(self, attribute: Attribute) -> tuple[str, list[str]] | str | None:
        """Return what stands behind an attribute's equals sign: a call, or an expression."""
        if attribute.name == attribute.key:
            return attribute.default
        keys = [each.format(literal(attribute.key)) for each in self.keys]
        default = [] if attribute.default is None else [f"default={attribute.default}"]
        return self.call, [*keys, *default]


_OF_MODELS = frozenset(
    {
        *("construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw"),
        *("schema", "schema_json", "update_forward_refs", "validate"),
        *("model_computed_fields", "model_config", "model_construct", "model_copy", "model_dump"),
        *("model_dump_json", "model_extra", "model_fields", "model_fields_set"),
        *("model_json_schema", "model_parametrized_name", "model_post_init", "model_rebuild"),
        *("model_validate", "model_validate_json", "model_validate_strings"),
    }
)
"""What pydantic's models have already."""


STYLES: Mapping[str, Style] = {
    "msgspec": Style(
        None,
        decorator=None,
        base="Struct",
        input_base="Struct",
        own=(),
        result_keywords="frozen=True, kw_only=True",
        input_keywords="kw_only=True",
        codec=None,
        call="field",
        keys=("name={}",),
    ),
    "dataclasses": Style(
        "dataclasses",
        decorator="@dataclass({}kw_only=True, slots=True)",
        base=None,
        input_base=None,
        own=("DATACLASSES",),
        result_keywords="",
        input_keywords="",
        codec="DATACLASSES",
        call="field",
        keys=('metadata={{"name": {}}}',),
    ),
    "pydantic": Style(
        "pydantic",
        decorator=None,
        base="ResponseModel",
        input_base="InputModel",
        own=("InputModel", "MODELS", "ResponseModel"),
        result_keywords="frozen=True",
        input_keywords="",
        codec="MODELS",
        call="Field",
        keys=("validation_alias={}", "serialization_alias={}"),
        taken=_OF_MODELS,
        scalars={"Bytes": ScalarOption("bytes", parse="base64:b64decode")},
    ),
}
