"""What a generated client's owner chooses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["ClientOptions", "ScalarOption", "client_names"]


@dataclass(frozen=True, slots=True)
class ScalarOption:
    """The Python type of a custom scalar, as ``package.module:Class`` or a builtin's name.

    ``parse`` names the function that makes it of what JSON has, ``serialize`` the one that makes
    JSON of it; without them the type must be one that JSON libraries know.
    """

    type: str
    parse: str | None = None
    serialize: str | None = None


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """One client.

    ``name`` is its class, ``module`` the path of the file to write. ``calls`` says whether its
    methods block, are awaited, or both: then ``name`` blocks and ``Async`` + ``name`` is awaited.
    ``style`` is what answers and inputs are made of. ``errors`` says what a method does when an
    answer has errors: ``raise``, or ``catch`` them and return them beside the data; an operation
    chooses for itself by ``@catch``. ``manifest`` is the path of the file that lists the documents
    with their ids. ``header`` tells, in the module's first lines, what it was made of.
    """

    name: str = "API"
    module: str = "api.py"
    calls: Literal["sync", "async", "both"] = "async"
    style: Literal["msgspec", "dataclasses", "pydantic"] = "msgspec"
    errors: Literal["raise", "catch"] = "raise"
    scalars: Mapping[str, ScalarOption] = field(default_factory=dict[str, ScalarOption])
    manifest: str | None = None
    header: str = ""


def client_names(options: ClientOptions) -> tuple[str, ...]:
    """Return the names of the client's classes."""
    return (options.name, f"Async{options.name}") if options.calls == "both" else (options.name,)
