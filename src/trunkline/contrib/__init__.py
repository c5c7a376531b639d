"""What goes with other libraries and conventions, each in a module of its own.

`opentelemetry` and `prometheus` have metrics, and `labels` what both call operations and clients;
`relay` has the connections of Relay; `sqlalchemy` has sessions, relations, pages and a health
check.
"""
