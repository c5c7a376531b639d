"""Calls as generators, and what runs them.

A flow yields what it needs from outside (a request, a pause, the outcome of other work) and is sent
the result. `calls` has the steps of flows and their deadlines, `drivers` runs a flow in a thread or
in a coroutine, `single_flight` lets one caller do the work of many.
"""
