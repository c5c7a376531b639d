from todo.models import (Todo,
                         User) ; from todo import graph
x=[1,
 2 ]
class   QueryResolvers ( graph . QueryResolvers ) :
  'What is asked'
  async   def todos( self )  ->list [ Todo ] :  # as it is
      return [ ]
  def gone(self)->int :
      return x [0]



class Resolvers :
  def __init__( self ) : self.query=QueryResolvers( )
