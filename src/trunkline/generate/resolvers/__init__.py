"""A person's resolvers: stubs for what is missing, everything that they wrote kept.

This writes into files that people own. It reads them with `ast` and changes them only by edits of
their text, so what no edit touches stays as it was. LibCST was measured and left aside: it reads a
file of 15,000 lines in 2.3 s and needs as much again to walk through it (`ast`: 0.2 s).

    wanted.py, layout.py       what the plan wants: classes, methods, and a file for each
    generated.py               what was generated last time, and the names that exist now
    package.py                 a person's files: edits.py, bindings.py, imports.py, kept.py
    merge.py                   the steps: gone.py, updates.py, stubs (here), assembly.py, stale.py
    work.py                    what the steps have decided so far; messages.py
    stubs.py, signatures.py    the text of new methods; what a signature means
    places.py                  the lines of a statement, and where a new one goes
"""

from trunkline.generate.resolvers.generated import Previous, read_previous
from trunkline.generate.resolvers.merge import Merged, merge
from trunkline.generate.resolvers.messages import MergeMessage, Severity
from trunkline.generate.resolvers.signatures import wanted_signature
from trunkline.generate.resolvers.wanted import (
    WantedClass,
    WantedMethod,
    WantedResolvers,
    read_plan,
)

__all__ = [
    "MergeMessage",
    "Merged",
    "Previous",
    "Severity",
    "WantedClass",
    "WantedMethod",
    "WantedResolvers",
    "merge",
    "read_plan",
    "read_previous",
    "wanted_signature",
]
