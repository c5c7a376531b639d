from roots_as_fields.graph import (
    ChangesResolvers,
    RootResolvers,
    make_executable_schema,
)
from roots_as_fields.graph.types import Payload


class Root(RootResolvers):
    def payload(self) -> Payload:
        return Payload(changed=1)

    def root(self) -> object:
        return self


class Changes(ChangesResolvers):
    def change(self) -> Payload:
        return Payload(changed=2)


class Resolvers:
    root = Root()
    changes = Changes()


schema = make_executable_schema(Resolvers())
