"""Clients that others made, and what they and ours are generated from."""
