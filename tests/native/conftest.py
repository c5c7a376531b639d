"""The tests of the extension. They are left out where cargo is missing, except in CI."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

if find_spec("trunkline_native") is None:
    if shutil.which("cargo") or os.environ.get("CI") == "true":
        raise RuntimeError("The extension trunkline_native is not installed: make native")
    collect_ignore_glob = ["test_*.py"]
