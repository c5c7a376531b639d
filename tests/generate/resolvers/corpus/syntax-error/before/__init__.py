class Resolvers:
    query = QueryResolvers()
