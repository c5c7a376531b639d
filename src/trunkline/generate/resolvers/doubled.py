"""Resolvers that are written twice: in classes of the same protocol that know nothing of it."""

from __future__ import annotations

from trunkline.generate.resolvers.package import PythonClass
from trunkline.generate.resolvers.report import Mention
from trunkline.generate.resolvers.workbench import Workbench

__all__ = ["tell_doubled"]


def tell_doubled(bench: Workbench) -> None:
    """Tell, at every run, of resolvers that classes in several files have."""
    for protocol, parts in bench.by_protocol().items():
        classes = bench.implementing(protocol)
        for method in [each for part in parts for each in part.methods] if classes[1:] else ():
            owners = [cls for cls in classes if method.name in cls.members]
            for other in owners[1:]:
                if not _is_override(bench, owners[0], other):
                    _tell(bench, method.name, owners[0], other)


def _is_override(bench: Workbench, one: PythonClass, other: PythonClass) -> bool:
    """Say whether one class inherits the other, or stands beside it in a file."""
    related = one in bench.package.ancestors([other]) or other in bench.package.ancestors([one])
    return related or one.file is other.file


def _tell(bench: Workbench, name: str, first: PythonClass, other: PythonClass) -> None:
    place = first.file.begin(first.members[name][0])
    also = Mention(" stands at {path}:{line}, too; remove one of them", first.file, place)
    file, text = other.file, f"{other.name}.{name}"
    bench.report.warn(file, file.begin(other.members[name][0]), text, also)
