"""Where an application is mounted: what its paths are below that, and its pages' relative URLs."""

from __future__ import annotations

from urllib.parse import quote, unquote

from trunkline.asgi.requests import Scope

__all__ = ["location_with_slash", "path_below_mount"]


def path_below_mount(scope: Scope) -> str:
    """Return the path without the mount's prefix, unless the framework has removed it already.

    ASGI says that `path` includes `root_path`, and Starlette does it so; others cut it off.
    """
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    if root and f"{path}/".startswith(f"{root}/"):
        return path[len(root) :]
    return path


def location_with_slash(scope: Scope) -> str:
    """Return where the first page is if the path lacks the slash that its relative URLs need.

    It is empty if the path has the slash. It is relative, so that it holds behind a proxy that adds
    a prefix; and one quoted segment, so that it leads to no other host.
    """
    raw: bytes | None = scope.get("raw_path")  # the path as the browser has it
    full = unquote(raw.decode("ascii", "replace")) if raw else scope["path"]
    if not full or full.endswith("/"):
        return ""
    return f"./{quote(full.rpartition('/')[2], safe='')}/"
