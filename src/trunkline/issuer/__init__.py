"""The authorization server: who may call, with which rights, for how long.

    store = Store("sqlite:///issuer.db")
    app = Issuer("https://auth.internal", store)

``trunkline clients`` puts clients into the store, ``trunkline issuer serve`` serves it alone.
"""

from __future__ import annotations

from trunkline.issuer.application import Issuer
from trunkline.issuer.audit import AuditEntry, log_audit
from trunkline.issuer.clients import Client, Secret, with_new_secret
from trunkline.issuer.limits import FailureLimits
from trunkline.issuer.store import Store

__all__ = [
    "AuditEntry",
    "Client",
    "FailureLimits",
    "Issuer",
    "Secret",
    "Store",
    "log_audit",
    "with_new_secret",
]
