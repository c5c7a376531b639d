"""What is measured, and against what: `make bench`. A file per thing timed.

`race.py` says how: contestants take turns in shuffled rounds, and what counts are the ratios of
what they spent in the same round. `peers/` has the competitors, over one schema and one data.
"""
