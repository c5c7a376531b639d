"""Plausible data for a schema, from the schema alone: the same for the same seed."""

from trunkline.schema.plausible.mock import mock_schema

__all__ = ["mock_schema"]
