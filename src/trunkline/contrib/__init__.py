"""What goes with other libraries and conventions, each in a module of its own.

`prometheus` has metrics; `relay` has the connections of Relay; `sqlalchemy` has sessions,
relations, pages and a health check.
"""
