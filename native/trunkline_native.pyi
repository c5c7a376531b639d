from collections.abc import Callable
from typing import Any

class Walk:
    def __init__(
        self,
        fragment: Callable[[bytes], object],
        reads_plainly: Callable[[type, tuple[str, ...]], object],
        shape: object,
        function: Callable[..., Any],
    ) -> None: ...
    def __call__(self, execution: object, values: object, /, *indices: int) -> Any: ...
