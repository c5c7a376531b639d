from todo.models import (Todo,
                         User) ; from todo import graph
x=[1,
 2 ]
class   QueryResolvers ( graph . QueryResolvers ) :
  'What is asked'
  async   def todos(self, *, first: int = 1) -> list[User]:  # as it is
      return [ ]

  async def new(self) -> Todo:
    raise NotImplementedError("Query.new")



class Resolvers :
  def __init__( self ) : self.query=QueryResolvers( )


# What the schema no longer has, kept by `trunkline generate`: move it, or delete it.
#
# from class QueryResolvers:
#   def gone(self)->int :
#       return x [0]
