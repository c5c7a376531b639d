"""What happened: the event of an operation, its log, and the one format of all logs."""
