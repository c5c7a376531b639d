from todo import graph
from todo.models import User
class UserResolvers(
  graph.UserResolvers
):
  # not yet
  pass  # really

  async def name(self, user: User) -> str:
    raise NotImplementedError("User.name")
