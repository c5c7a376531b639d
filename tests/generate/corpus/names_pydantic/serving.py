from names_pydantic.graph import QueryResolvers, make_executable_schema
from names_pydantic.graph.types import Own, OwnInput


class Query(QueryResolvers):
    def own(self) -> Own:
        return Own(copy_=1, json_="j", hidden_=2, model_dump_=3)

    def take(self, *, own: OwnInput) -> int:
        return own.a_ + (own.copy_ or 0)


class Resolvers:
    query = Query()


schema = make_executable_schema(Resolvers())
