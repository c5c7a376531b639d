"""The called side: access tokens checked, and what a request without a good one is told."""
