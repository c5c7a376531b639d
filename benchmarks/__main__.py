"""Run the benchmarks, print a table, write ``benchmarks/results/latest.json``.

``python -m benchmarks in_process`` runs those whose file is named.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import msgspec

from benchmarks.figures import HEADING, Figure

FILES = (
    "in_process",
    "realistic",
    "awaited",
    "growth",
    "over_http",
    "authorization",
    "caching",
    "varnish",
    "observe",
    "traced",
    "tokens",
    "new_documents",
    "large_schema",
    "registered",
    "usage",
    "generating",
    "clients",
    "shapes",
    "hostile",
    "generated_calls",
    "generated_scale",
    "json_encoders",
    "asgi_servers",
)
RESULTS = Path(__file__).with_name("results") / "latest.json"


def main() -> None:
    wanted = sys.argv[1:] or FILES
    unknown = [name for name in wanted if name not in FILES]
    if unknown:
        sys.exit(f"No benchmark is called {unknown[0]!r}; there are {', '.join(FILES)}.")
    print(HEADING)
    figures: list[Figure] = []
    for name in wanted:
        print(f"── {name}", flush=True)
        for figure in import_module(f"benchmarks.{name}").measure():
            figures.append(figure)
            print(figure, flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    rows = [figure.row() for figure in figures]
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(rows)))
    print(summary(figures))


def summary(figures: list[Figure]) -> str:
    """Say how many goals hold, and which do not."""
    aimed = [figure for figure in figures if figure.goal is not None]
    missed = [figure for figure in aimed if not figure.holds]
    lines = [f"── {len(aimed) - len(missed)} of {len(aimed)} goals hold"]
    lines += ["not yet:", *map(str, missed)] if missed else []
    return "\n".join(lines)


if __name__ == "__main__":
    main()
