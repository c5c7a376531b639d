"""What is measured, and against what: `make bench`. A file per thing timed."""
