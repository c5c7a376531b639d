"""The client that ariadne-codegen generated, calling as often as it is told on a line of input.

``python calling.py URL``; a line ``N`` is answered by the seconds of processor and clock, a line
``answer`` by what one call gave.
"""

from __future__ import annotations

import gc
import json
import sys
import time

from generated import Client  # type: ignore[import-not-found]


def main() -> None:
    client = Client(url=sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "answer":
            print(client.orders(first=100).model_dump_json(), flush=True)
            continue
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            client.orders(first=100)
        print(json.dumps([time.process_time() - cpu, time.perf_counter() - wall]), flush=True)


if __name__ == "__main__":
    main()
