from todo.graph.types import Handed, Kept
from todo.graph.types import (
    Commented,  # by hand
)

if __debug__:
    pass

ALL = Kept


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# import:
# from todo.graph.types import Old  # noqa: F401
