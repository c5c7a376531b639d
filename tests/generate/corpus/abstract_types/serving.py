from abstract_types.graph import (
    PetResolvers,
    QueryResolvers,
    TeamResolvers,
    UserResolvers,
    make_executable_schema,
)
from abstract_types.graph.types import Lonely, Node, Pet, Shape, Square, Team, User
from abstract_types.models import Animal


class Query(QueryResolvers):
    def pets(self) -> list[Pet]:
        return [Animal("Tom", "Cat"), Animal("Rex", "Dog")]

    def node(self) -> Node | None:
        return User(id="1", name="A")

    def shapes(self) -> list[Shape | None]:
        return [Square(area=1.0, items=[])]

    def lonely(self) -> Lonely | None:
        return None


class Pets(PetResolvers):
    def resolve_type(self, value: object) -> str:
        return value.kind if isinstance(value, Animal) else ""


class Users(UserResolvers):
    def label(self, user: User, *, short: bool | None = None) -> str:
        return f"{user.name} {short}"


class Teams(TeamResolvers):
    def label(self, team: Team, *, short: bool | None = None) -> str:
        return team.id


class Resolvers:
    query = Query()
    pet = Pets()
    user = Users()
    team = Teams()


schema = make_executable_schema(Resolvers())
