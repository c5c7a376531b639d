"""Document → checked → limits → plan → text → module: an operation, compiled once.

The way is read in `compile.py`. Nothing here runs at request time save the cache's look-up.
"""
