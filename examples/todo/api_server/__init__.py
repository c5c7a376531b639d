"""The API server: owns its database; serves REST to mobile apps and GraphQL to other servers."""
