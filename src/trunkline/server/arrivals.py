"""A request on its way through the endpoint: what the stages find, for those that come next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from trunkline.asgi.requests import Headers, Receive, Scope
from trunkline.auth.verifying.caller import Caller
from trunkline.compiler.cache import OperationCache
from trunkline.compiler.operation import Operation
from trunkline.observe.log import subject
from trunkline.observe.operations import OperationEvent
from trunkline.runtime.execution import Execution, SharedRoom
from trunkline.server.additions import HeaderList, ResponseAdditions
from trunkline.server.profiling import OperationProfile

__all__ = ["Arrival", "Exchange", "current_response"]


class Arrival(Struct, eq=False):
    """A request, or one of a batch, as far as it is known before its operation is.

    - ``started``: when it came, by ``perf_counter``.
    - ``headers``: in the form of `read_headers`.
    - ``view``: the operations of the schema as the ``caller`` sees it.
    - ``schema_header``: names the version of the schema, where the endpoint tells it.
    - ``usual``: the headers of a response that must not be stored, Content-Type first.
    - ``passed_on``: the headers by which calls of other servers continue its trace.
    - ``additions``: what the program adds to its response; ``None`` until it is asked for.
    - ``batch``: the events of its operations, if these are several; ``room`` and ``deadline`` are
      what all of them have together.
    - ``profile``: that of its execution, if it is measured.
    """

    scope: Scope
    receive: Receive
    started: float
    event: OperationEvent
    view: OperationCache
    headers: Headers = {}
    passed_on: Mapping[str, str] = {}
    caller: Caller | None = None
    schema_header: HeaderList = ()
    usual: HeaderList = ()
    additions: ResponseAdditions | None = None
    batch: list[OperationEvent] = []
    room: SharedRoom | None = None
    deadline: float | None = None
    profile: OperationProfile | None = None

    def identity(self) -> dict[str, str]:
        """Return what tells its operation from others, for what is logged about it."""
        return self.event.identity()

    def to_add(self) -> ResponseAdditions:
        """Return what the program adds to its response."""
        if self.additions is None:
            self.additions = ResponseAdditions()
        return self.additions


class Exchange(Struct, eq=False):
    """A request with its operation, as its caller may have it.

    - ``variables``: the values as they were sent.
    - ``usual``: those of the arrival, and what its document adds.
    - ``left``: for how many seconds the client, or the batch, still waits.
    - ``executions``: those of a mutation that have begun, if caches want to know them.
    """

    came: Arrival
    operation: Operation
    variables: dict[str, Any] | None
    usual: HeaderList
    left: float | None = None
    executions: list[Execution] | None = None


def current_response() -> ResponseAdditions:
    """Return what is added to the response of the current request.

    For resolvers, middlewares and the context of a `GraphQL` endpoint. Raises ``LookupError``
    elsewhere: an operation that `trunkline.engine` runs by itself has no response.
    """
    about = subject.get()
    if isinstance(about, Arrival):
        return about.to_add()
    raise LookupError("There is no response: no request is being served here.")
