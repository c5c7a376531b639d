"""The system that Trunkline grew from: an API server, and a web app that calls it."""
