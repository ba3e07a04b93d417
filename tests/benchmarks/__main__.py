"""`make bench`: every performance figure as one JSON line — name, ours, against, ratio, limit."""

from __future__ import annotations

import json
import sys
from importlib import import_module

BENCHMARKS = (
    "bench_boards",
    "bench_parse",
    "bench_near_duplicates",
    "bench_checks",
    "bench_assignments",
    "bench_edition",
    "bench_publish_calls",
    "bench_publish_wall",
    "bench_publish_memory",
    "bench_publish_mapped",
    "bench_metrics_write",
    "bench_metrics_query",
    "bench_metrics_collect",
)


def main() -> int:
    """Run the named benchmarks, or all; 1 when a ratio is over its limit."""
    wanted = sys.argv[1:] or BENCHMARKS
    over = False
    for name in wanted:
        found = import_module(f"tests.benchmarks.{name}").run()
        for figure in found if isinstance(found, list) else [found]:
            sys.stdout.write(json.dumps(figure, ensure_ascii=False) + "\n")
            sys.stdout.flush()
            over = over or (figure.get("ratio") or 0) > figure.get("limit", float("inf"))
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
