from todo import graph
class QueryResolvers(graph.QueryResolvers): page=1; gone = lambda self: 1  # two
class Resolvers: pass
