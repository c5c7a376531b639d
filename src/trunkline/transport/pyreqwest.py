"""The fast transports, over pyreqwest."""

from __future__ import annotations

from trunkline.client.transports.pyreqwest import AsyncPyreqwestTransport, PyreqwestTransport

__all__ = ["AsyncPyreqwestTransport", "PyreqwestTransport"]
