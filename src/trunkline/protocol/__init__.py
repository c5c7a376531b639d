"""GraphQL over HTTP without I/O: requests, responses, media types, status codes, ids.

Server and client share these rules. Nothing here opens a socket or reads a clock.
"""
