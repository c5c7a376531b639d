"""Our issuer with one client, and an audit log that is written and read by nobody."""

from __future__ import annotations

import os
from pathlib import Path

from trunkline.issuer import Issuer, RegisteredClient, RegisteredSecret, Store, log_audit
from trunkline.issuer.secrets import hash_secret

SECRET = "tks_" + "a" * 43
API = "https://api.example/graphql"

log_audit(Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # as long as the process
store = Store("sqlite://")
store.add(
    RegisteredClient(
        "web",
        grants={API: ["todos:read", "todos:write"]},
        secrets=[RegisteredSecret("1", hash_secret(SECRET), 0.0)],
    )
)
app = Issuer("http://127.0.0.1:9000", store, development=True)
