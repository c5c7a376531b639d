"""The console: an application to mount, whose pages show what a server counted.

    usage = "postgresql://shop@db/usage"
    console = Console(usage, may_see=is_operator)
    app = Starlette(routes=[
        Route("/graphql", GraphQL(schema, auth=verifier, sinks=[access_log, Usage(usage)])),
        Mount("/console", console),
    ])

The pages tell who asks what, so each request to them is checked: `Console` has no default for that.
"""

from trunkline.console.application import Console

__all__ = ["Console"]
