"""Run the benchmarks, print a table, write ``benchmarks/results/latest.json``.

``python -m benchmarks engine`` runs those whose file is named.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import msgspec

from benchmarks.figures import Figure

FILES = ("engine", "hostile", "json_encoders", "asgi_servers")
RESULTS = Path(__file__).with_name("results") / "latest.json"


def main() -> None:
    wanted = sys.argv[1:] or FILES
    unknown = [name for name in wanted if name not in FILES]
    if unknown:
        sys.exit(f"No benchmark is called {unknown[0]!r}; there are {', '.join(FILES)}.")
    figures: list[Figure] = []
    for name in wanted:
        print(f"── {name}", flush=True)
        for figure in import_module(f"benchmarks.{name}").measure():
            figures.append(figure)
            print(figure, flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    rows = [{**asdict(figure), "holds": figure.holds} for figure in figures]
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))


if __name__ == "__main__":
    main()
