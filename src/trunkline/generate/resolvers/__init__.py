"""People's resolvers: stubs for what is missing, everything that they wrote kept.

This writes into files that people own. It reads them with `ast` and changes them by edits of their
text alone, so what no edit touches stays as it was. LibCST was measured and left aside: it reads a
file of 15,000 lines in 2.3 s and needs as much again for one walk through it (`ast`: 0.2 s), and
knows a new Python's syntax only when it is released anew.
"""

from trunkline.generate.resolvers.merge import Merged, merge
from trunkline.generate.resolvers.messages import Message, Severity
from trunkline.generate.resolvers.previous import read_previous
from trunkline.generate.resolvers.wanted import (
    Expression,
    Import,
    Parameter,
    Previous,
    Wanted,
    WantedClass,
    WantedMethod,
)

__all__ = [
    "Expression",
    "Import",
    "Merged",
    "Message",
    "Parameter",
    "Previous",
    "Severity",
    "Wanted",
    "WantedClass",
    "WantedMethod",
    "merge",
    "read_previous",
]
