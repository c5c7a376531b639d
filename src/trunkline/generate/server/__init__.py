"""The server's half: types, resolver protocols and bindings, from a schema and a configuration.

schema + configuration + classes → plan, in which every name is decided → texts.
"""
