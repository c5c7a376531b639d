"""A case of the corpus."""
