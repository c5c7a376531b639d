"""Every test here twice: with the text of first executions, and with that of later ones."""

from tests.forms import form

__all__ = ["form"]
