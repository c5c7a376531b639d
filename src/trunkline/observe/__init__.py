"""What happened: the event of an operation, and what is made of it.

`operations` has the event, and `access` is its log; `log` and `writer` make the lines of all logs.
`usage` counts events: `usage_counts` has what is counted, `slow` the slowest requests. These are
kept in a database by `usage_store`, and reported by `hive`. `traces` has how a request is named
elsewhere, `spans` the spans of OpenTelemetry.
"""
