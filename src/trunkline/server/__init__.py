"""Serving GraphQL: the endpoint, the playground, and what a program needs to set them up.

    schema = make_executable_schema(load_schema("schema"), Resolvers(db), {"Todo": Todo})
    app = Starlette(routes=[
        Route("/graphql", GraphQL(schema, auth=verifier)),
        Mount("/playground", Playground("Todo", "/graphql")),
    ])

Mistakes in the schema, the resolvers or the models are errors when the program starts.
"""

from trunkline.compiler.limits import Limits
from trunkline.observe.access import AccessLog, access_log, log_operations
from trunkline.observe.operations import OperationEvent, RequestWatcher, Sink, Stages
from trunkline.observe.usage import Usage
from trunkline.runtime.execution import Result
from trunkline.runtime.selection import Selection
from trunkline.schema.bindings import ListOf, Resolved, ResolverMiddleware, Schema, Streamed, batch
from trunkline.schema.costs import CostFunction
from trunkline.schema.executable import make_executable_schema
from trunkline.schema.load import load_schema, parse_schema
from trunkline.schema.scalars import AWARE_DATE_TIME, Scalar
from trunkline.schema.threads import Threads
from trunkline.server.additions import ResponseAdditions
from trunkline.server.arrivals import current_response
from trunkline.server.authorize import DecidePolicies
from trunkline.server.caching import CacheAudience, Caching
from trunkline.server.documents import RegisteredDocuments
from trunkline.server.endpoint import GraphQL
from trunkline.server.execute import OperationCall, OperationMiddleware, Proceed
from trunkline.server.health import Health, HealthCheck
from trunkline.server.memory_store import MemoryStore
from trunkline.server.playground import Playground
from trunkline.server.present import PresentError, present
from trunkline.server.profiling import MayProfile
from trunkline.server.purging import CachePurge
from trunkline.server.redis_store import RedisStore
from trunkline.server.response_store import ResponseStore
from trunkline.server.versions import Version, VersionFunction

__all__ = [
    "AWARE_DATE_TIME",
    "AccessLog",
    "CacheAudience",
    "CachePurge",
    "Caching",
    "CostFunction",
    "DecidePolicies",
    "GraphQL",
    "Health",
    "HealthCheck",
    "Limits",
    "ListOf",
    "MayProfile",
    "MemoryStore",
    "OperationCall",
    "OperationEvent",
    "OperationMiddleware",
    "Playground",
    "PresentError",
    "Proceed",
    "RedisStore",
    "RegisteredDocuments",
    "RequestWatcher",
    "Resolved",
    "ResolverMiddleware",
    "ResponseAdditions",
    "ResponseStore",
    "Result",
    "Scalar",
    "Schema",
    "Selection",
    "Sink",
    "Stages",
    "Streamed",
    "Threads",
    "Usage",
    "Version",
    "VersionFunction",
    "access_log",
    "batch",
    "current_response",
    "load_schema",
    "log_operations",
    "make_executable_schema",
    "parse_schema",
    "present",
]
