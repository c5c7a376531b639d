from collections.abc import Callable, Sequence
from typing import Any

DESCRIPTIONS: int

class Walk:
    def __init__(
        self,
        fragment: Callable[[bytes], object],
        readers: Callable[[type | None, type, Any], object],
        shape: object,
        function: Callable[..., Any],
        *,
        values: Sequence[object] = ...,
        conditions: Sequence[Sequence[tuple[int, bool]]] = ...,
        required: Sequence[int] = ...,
    ) -> None: ...
    def __call__(self, execution: object, values: object, /, *indices: int) -> Any: ...
    def begin(
        self, execution: object, values: object
    ) -> tuple[Gapped | None, list[list[Any]], list[Any]]: ...
    def fill(
        self, execution: object, gapped: Gapped, number: int, values: Sequence[object], /
    ) -> bool: ...
    def join(self, gapped: Gapped, /) -> object: ...

class Gapped: ...
