"""The engine: compile an operation and run it, without a server.

`compile_operation` makes an ``Operation``, which `run`, `run_sync` and `stream` run.

``execute``, ``execute_sync`` and ``subscribe`` take the place of graphql-core's functions of these
names, for schemas whose resolvers have graphql-core's form. `forget` is for schemas that change
after they were executed.
"""

from trunkline.compiler.limits import Limits
from trunkline.compiler.operation import Operation
from trunkline.compiler.pipeline import compile_operation
from trunkline.engine.graphql_core import execute, execute_sync, forget, subscribe
from trunkline.engine.run import run, run_sync, stream
from trunkline.runtime.execution import Result
from trunkline.runtime.selection import Selection
from trunkline.schema.executable import adopt_schema

__all__ = [
    "Limits",
    "Operation",
    "Result",
    "Selection",
    "adopt_schema",
    "compile_operation",
    "execute",
    "execute_sync",
    "forget",
    "run",
    "run_sync",
    "stream",
    "subscribe",
]
