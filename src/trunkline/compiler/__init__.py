"""Document → checked → plan → text → module: an operation, compiled once.

The whole way is the list in `pipeline.py`. Nothing here runs while a request is executed, except
the look-up in the cache. `trunkline.engine` runs what comes out.
"""
