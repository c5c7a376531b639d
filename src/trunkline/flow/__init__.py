"""Calls as generators: requests, pauses, deadlines, single flight, forks; drivers for both colours.

A flow yields what it wants from outside and is sent the result. `calls.py` has the flows' steps and
the two drivers, one for threads and one for coroutines.
"""
