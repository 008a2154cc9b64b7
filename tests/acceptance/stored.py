"""Print what a warehouse holds, as JSON: in a process of its own, since its engine opens one directory."""

import json
import sys
from pathlib import Path
from typing import Any

from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

COUNTS = {
    "errors": "SELECT countIf(StatusCode = 'Error'), 0 FROM otel_traces",
    "slo 10s": "SELECT sum(total), sum(total - good) FROM holdfast_slo_10s",
    "slo 1m": "SELECT sum(total), sum(total - good) FROM holdfast_slo_1m",
    "slo 1h": "SELECT sum(total), sum(total - good) FROM holdfast_slo_1h",
    "red": "SELECT sum(Requests), sum(Errors) FROM holdfast_red",
    "presence": "SELECT sum(spans), 0 FROM holdfast_presence_1m",
}
POINTS = ("gauge", "sum", "histogram", "exp_histogram", "summary")


def stored(directory: Path) -> dict[str, Any]:
    """Return the ids of all spans, what was counted of them, and how many lines and points there are."""
    warehouse = ChdbWarehouse(directory)
    warehouse.open()
    try:
        spans = [span for (span,) in warehouse.query("SELECT SpanId FROM otel_traces")]
        counts = {name: list(map(int, warehouse.query(sql)[0])) for name, sql in COUNTS.items()}
        lines = int(warehouse.query("SELECT count() FROM otel_logs")[0][0])
        points = [warehouse.query(f"SELECT count() FROM otel_metrics_{kind}")[0][0] for kind in POINTS]
        return {"spans": spans, "counts": counts, "lines": lines, "points": sum(map(int, points))}
    finally:
        warehouse.close()


if __name__ == "__main__":
    json.dump(stored(Path(sys.argv[1])), sys.stdout)
