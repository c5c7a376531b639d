"""Somebody is in the middle of something."""

class Resolvers
    query = None
