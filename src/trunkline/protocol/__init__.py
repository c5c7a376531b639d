"""GraphQL over HTTP without I/O: what a request, an answer, a status and an id are.

Shared by server and client, so that both sides read one text of the rules. Nothing here opens a
socket, knows a schema or executes anything.
"""
