"""What goes with other libraries and conventions, each in a module of its own.

`relay` has the connections of Relay; `sqlalchemy` has sessions, relations and pages.
"""
