"""What happened: events and their logs.

`operations` has the event of an operation and its log, `log` the one format of all logs, `traces`
how a request is named elsewhere, `spans` those of OpenTelemetry.
"""
