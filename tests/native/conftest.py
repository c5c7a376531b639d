"""The tests of the extension, which `make native` builds where cargo is."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

if find_spec("trunkline_native") is None:
    if shutil.which("cargo"):
        raise RuntimeError("The extension trunkline_native is not installed: make native")
    collect_ignore_glob = ["test_*.py"]
