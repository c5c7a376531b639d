"""The built assets, read from where `tools/build_playground.py` puts them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from trunkline.errors import TrunklineError

ASSETS = Path(__file__).parent / "assets"
TEMPLATE = "index.html"


class PlaygroundNotBuiltError(TrunklineError):
    """The playground's assets are missing; only a checkout can be without them."""


@cache
def read_assets(folder: Path) -> Mapping[str, bytes]:
    """Read every file once per process; hidden ones (the build's stamp) are nobody's business."""
    if not (folder / TEMPLATE).is_file():
        raise PlaygroundNotBuiltError(
            "The playground's assets have not been built. Run `make playground` in the checkout, "
            "or install trunkline from a wheel, which carries them."
        )
    return MappingProxyType(
        {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}
    )
