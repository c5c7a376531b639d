"""Build time: typed code from a schema, bound to the classes of a program.

Only the CLI imports this. Everything here is a function from what is there (configuration, schema,
classes, people's files) to the texts of files; `files.py` alone writes. `generation.py` reads from
top to bottom. What plugins need is exported:

    Plugin                 changes the schema, the plan and the files
    ServerPlan and others  the plan, as data
    Hint, Reference        types in Python, and the objects of modules that they are made of
"""

from trunkline.generate.elements import EnumPlan, MemberPlan
from trunkline.generate.plugins import Plugin
from trunkline.generate.server.plan import (
    AbstractPlan,
    AttributePlan,
    DirectivePlan,
    Expression,
    ParameterPlan,
    ResolverPlan,
    ResolversPlan,
    ServerPlan,
    StructPlan,
)
from trunkline.text.imports import Hint, Reference

__all__ = [
    "AbstractPlan",
    "AttributePlan",
    "DirectivePlan",
    "EnumPlan",
    "Expression",
    "Hint",
    "MemberPlan",
    "ParameterPlan",
    "Plugin",
    "Reference",
    "ResolverPlan",
    "ResolversPlan",
    "ServerPlan",
    "StructPlan",
]
