"""The schema's descriptions and deprecations, as documentation."""

from __future__ import annotations

__all__ = ["documentation"]


def documentation(description: str | None, deprecation: str | None = None) -> str:
    """Join what a schema says of something, and that it is deprecated."""
    parts = [description.strip()] if description and description.strip() else []
    if deprecation is not None:
        parts.append(f"Deprecated: {deprecation.strip() or 'without a reason.'}")
    return "\n\n".join(parts)
