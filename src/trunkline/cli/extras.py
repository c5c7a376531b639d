"""Libraries that only some commands need, and what brings them."""

from __future__ import annotations

__all__ = ["missing_library"]

_BROUGHT_BY = {
    **dict.fromkeys(("typer", "rich", "watchfiles", "starlette"), "'trunkline[cli]'"),
    **dict.fromkeys(("uvicorn", "orjson"), "'trunkline[server]'"),
    **dict.fromkeys(
        ("sqlalchemy", "argon2", "joserfc", "cryptography"), "'trunkline[issuer,server]'"
    ),
    # httpx2 brings httpcore2, which is imported first.
    **dict.fromkeys(("httpx2", "httpcore2"), "'trunkline[client]'"),
    "prometheus_client": "'trunkline[prometheus]'",
    "pydantic": "pydantic",
}


def missing_library(error: ImportError) -> str | None:
    """Say what to install for an import that failed; ``None`` if it was not of such a library."""
    found: BaseException | None = error
    while found is not None:
        name = (found.name or "").partition(".")[0] if isinstance(found, ImportError) else ""
        if name in _BROUGHT_BY:
            return f"This command needs {name}: pip install {_BROUGHT_BY[name]}."
        found = found.__cause__
    return None
