"""What happened: the event of an operation, and where it is told."""
