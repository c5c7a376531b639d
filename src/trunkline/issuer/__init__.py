"""The issuer of access tokens: an authorization server for the client credentials grant.

    store = Store("sqlite:///issuer.db")
    app = Issuer("https://auth.internal", store)

``trunkline clients`` registers clients in the store, ``trunkline issuer serve`` serves it alone.

Inside, a request goes from ``application`` through ``authentication`` (with ``assertions``,
``secrets`` and ``limits``) to ``tokens``. ``store`` keeps ``clients`` and ``keys``, ``signing``
makes new keys in time, ``audit`` logs the decisions.
"""

from __future__ import annotations

try:
    from trunkline.issuer.application import Issuer
    from trunkline.issuer.audit import AuditEntry, log_audit
    from trunkline.issuer.clients import RegisteredClient, RegisteredSecret, with_new_secret
    from trunkline.issuer.limits import FailureLimits
    from trunkline.issuer.store import Store
except ModuleNotFoundError as error:
    raise ImportError(
        f"An issuer needs the library {error.name}: pip install 'trunkline[issuer]'"
    ) from error

__all__ = [
    "AuditEntry",
    "FailureLimits",
    "Issuer",
    "RegisteredClient",
    "RegisteredSecret",
    "Store",
    "log_audit",
    "with_new_secret",
]
