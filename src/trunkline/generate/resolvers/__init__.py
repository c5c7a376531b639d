"""A person's resolvers: stubs for what is missing, everything that they wrote kept.

This writes into files that people own. It reads them with `ast` and changes them only by edits of
their text, so what no edit touches stays as it was. LibCST was measured and left aside: it reads a
file of 15,000 lines in 2.3 s and needs as much again to walk through it (`ast`: 0.2 s).

    merge.py        the steps of a merge, one below the other; stubs are added there
    wanted.py       what the plan wants: classes, methods, and a file for each
    package.py      a person's files and classes: edits.py, bindings.py, imports.py, bodies.py
    doubled.py      resolvers that are there twice, and stubs that are not written yet
    gone.py         resolvers and classes that become comments
    signatures.py   signatures that follow the schema, or stay
    assembly.py     the class ``Resolvers``
    stale.py        names that are gone, imports that nothing needs
    stubs.py        the text of what is added
"""

from trunkline.generate.resolvers.merge import Merged, merge
from trunkline.generate.resolvers.package import MergeMessage, Severity
from trunkline.generate.resolvers.signatures import Previous, read_previous, wanted_signature
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
