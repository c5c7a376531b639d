from todo import graph
class UserResolvers(
  graph.UserResolvers
):
  # not yet
  pass  # really
