"""How the client's bytes travel. A transport knows HTTP and one library; nothing of GraphQL."""
