"""The engine by itself: compile an operation and execute it, without a server.

``execute``, ``execute_sync`` and ``subscribe`` take the place of graphql-core's functions of these
names, for schemas whose resolvers have graphql-core's form.
"""

from trunkline.compiler.core_calls import execute, execute_sync, subscribe
from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation, compile_operation
from trunkline.runtime.execution import Result
from trunkline.runtime.selection import Selection
from trunkline.schema.adopt import adopt_schema

__all__ = [
    "Limits",
    "Operation",
    "Result",
    "Selection",
    "adopt_schema",
    "compile_operation",
    "execute",
    "execute_sync",
    "subscribe",
]
