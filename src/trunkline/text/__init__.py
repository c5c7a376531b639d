"""Writing Python source: lines, names, literals, modules. Knows Python, nothing of GraphQL."""
