from msgspec import UNSET, UnsetType

from omittable.graph import MutationResolvers, QueryResolvers, make_executable_schema
from omittable.graph.types import Patch


class Query(QueryResolvers):
    def a(self) -> int | None:
        return 1


class Mutation(MutationResolvers):
    def change(
        self, *, patch: Patch, by: int | None, note: str | None | UnsetType = UNSET
    ) -> str:
        title = "absent" if patch.title is UNSET else patch.title or "null"
        return f"{title} {note is UNSET} {patch.never} {by} {patch.done}"


class Resolvers:
    query = Query()
    mutation = Mutation()


schema = make_executable_schema(Resolvers())
