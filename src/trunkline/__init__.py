"""GraphQL between servers."""
