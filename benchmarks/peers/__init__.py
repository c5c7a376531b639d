"""The competitors: one schema, the same data, a folder per language."""
