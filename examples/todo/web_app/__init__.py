"""The other server: a web app's backend that needs the API server's data."""
