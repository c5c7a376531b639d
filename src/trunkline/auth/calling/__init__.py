"""The calling side: tokens fetched, kept, renewed and sent."""
