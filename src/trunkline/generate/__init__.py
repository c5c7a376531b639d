"""Build time: typed code from a schema, bound to what exists. Nobody but the CLI imports it.

Everything here is a function from what is there (configuration, schema, classes, people's files) to
the texts of files; `files.py` alone writes.
"""
