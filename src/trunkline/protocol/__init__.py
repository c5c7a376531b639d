"""GraphQL over HTTP without I/O. Server and client share these rules.

`messages` has HTTP requests and responses as transports see them, `media` the media types,
`request` the parameters of a request and its files, `response` the shape of a response and its
status, `documents` the ids. Nothing here opens a socket or reads a clock.
"""
