"""ASGI without a framework.

`requests` has ASGI's types and reads requests, `responses` sends responses and has the base classes
of applications, `mounting` has the paths of applications that are mounted.
"""
