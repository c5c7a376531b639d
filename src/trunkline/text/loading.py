"""Emitted text as a module in memory, whose source debuggers and tracebacks can show."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

__all__ = ["compile_module"]

_LINES = 250  # that are compiled at a time


class _EmittedLoader(InspectLoader):
    """Gives the source to `linecache`.

    Entries that are written into ``linecache.cache`` by hand are never removed. A loader is freed
    with its module.
    """

    def __init__(self, source: str) -> None:
        self._source = zlib.compress(source.encode(), level=1)  # read in tracebacks only

    def get_source(self, fullname: str) -> str:  # noqa: ARG002  # a loader of one module
        return zlib.decompress(self._source).decode()

    def is_package(self, fullname: str) -> bool:  # noqa: ARG002
        return False


def compile_module(name: str, source: str) -> Callable[[Mapping[str, object]], ModuleType]:
    """Compile emitted source; return the function that runs it as a new module.

    That function takes the module's first globals; it may be called again, for modules of the same
    text with other objects. ``name`` is also the file name in tracebacks. It must have no angle
    brackets, because then `linecache` would not ask the loader. The modules are not in
    ``sys.modules``: each is freed when nothing refers to it.
    """
    loader = _EmittedLoader(source)
    codes = [
        _moved(compile(part, name, "exec", dont_inherit=True), begin)
        for begin, part in _parts(source)
    ]

    def load(bound: Mapping[str, object]) -> ModuleType:
        module = ModuleType(name)
        module.__loader__ = loader
        module.__spec__ = ModuleSpec(name, loader, origin=name)
        module.__dict__.update(bound)
        for code in codes:
            exec(code, module.__dict__)  # noqa: S102  # our own text: names and constants we made
        return module

    return load


def _parts(source: str) -> Iterator[tuple[int, str]]:
    """Divide a long text between its functions; yield how many lines are above each part, and it.

    Other threads stand still while `compile` runs.
    """
    lines = source.split("\n")
    begin = 0
    for number in range(len(lines)):
        if number - begin >= _LINES and lines[number].startswith("def "):
            yield begin, "\n".join(lines[begin:number])
            begin = number
    yield begin, "\n".join(lines[begin:])


def _moved(code: CodeType, lines: int) -> CodeType:
    """Move code down to its lines of the whole; its table of lines counts from its first one."""
    if lines == 0:
        return code
    constants = tuple(
        _moved(each, lines) if isinstance(each, CodeType) else each for each in code.co_consts
    )
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=constants)
