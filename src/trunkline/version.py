"""Trunkline's version: written here, because frozen programs and zipapps have no metadata."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"
