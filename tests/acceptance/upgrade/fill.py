"""Fill a data directory with another version's server, and kill it while acknowledged telemetry waits.

    PYTHONPATH=CHECKOUT/src python tests/acceptance/upgrade/fill.py DIRECTORY

`CHECKOUT` is a checkout of that version. Made so at 3ca3520 (0.1.0), without `server.lock`, `spool/lock` and
`state.db-shm`, `DIRECTORY/data` is `data-0.1.0.tar.xz`. Loopback only; it ends after about two minutes.
"""

import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import httpx

RESOURCE = {"service.version": "1.0", "cloud.availability_zone": "zone-a"}
SERVER, CLIENT, ERROR = 2, 3, 2
PORTS = {"--port": 27070, "--otlp-grpc-port": 24317, "--otlp-http-port": 24318}
CATALOG = """apiVersion: openslo/v1
kind: Service
metadata: {name: checkout}
spec: {}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: orders, displayName: Orders succeed}
spec:
  service: checkout
  indicator:
    metadata: {name: orders}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: traces, spec: {service: checkout, kind: server, status: ok}}}
        total: {metricSource: {type: traces, spec: {service: checkout, kind: server}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: good, target: 0.999}]
"""
_numbers = count(1)


def main() -> None:
    """Start the server, send, wait for an incident, write to it, send more and kill."""
    directory = Path(sys.argv[1])
    (directory / "catalog").mkdir(parents=True)
    (directory / "catalog" / "catalog.yaml").write_text(CATALOG)
    command = [sys.executable, "-m", "holdfast", "serve", "--data", str(directory / "data")]
    command += ["--catalog", str(directory / "catalog"), "--retention-days", "3650"]
    command += [str(word) for option in PORTS.items() for word in option]
    process = subprocess.Popen(command)
    try:
        with httpx.Client(timeout=10) as client:
            _fill(client)
    finally:
        process.kill()
        process.wait()


def _fill(client: httpx.Client) -> None:
    api = f"http://127.0.0.1:{PORTS['--port']}"
    while not _is_ready(client, api):
        time.sleep(0.1)
    for _ in range(30):
        _send(client, "traces", traces(20, bad_every=3))
        time.sleep(1)
    _send(client, "logs", logs(100))
    _send(client, "metrics", metrics(20))
    while not (incidents := client.get(f"{api}/api/v1/incidents").json()["items"]):
        time.sleep(1)
    note, change = (
        {"text": "kept by 0.1.0"},
        {"kind": "deploy", "service": "checkout", "summary": "checkout 1.0"},
    )
    notes = f"{api}/api/v1/incidents/{incidents[0]['id']}/notes"
    for path, body in ((notes, note), (f"{api}/api/v1/changes", change)):
        client.post(path, json=body, headers={"Idempotency-Key": path[-20:]}).raise_for_status()
    # Long enough for everything before to be stored, evidence too; what follows is killed while it waits.
    time.sleep(45)
    for signal, message in (
        ("traces", traces(50, bad_every=5)),
        ("logs", logs(40)),
        ("metrics", metrics(10)),
    ):
        _send(client, signal, message)


def _is_ready(client: httpx.Client, api: str) -> bool:
    try:
        return client.get(f"{api}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _send(client: httpx.Client, signal: str, message: dict[str, Any]) -> None:
    client.post(f"http://127.0.0.1:{PORTS['--otlp-http-port']}/v1/{signal}", json=message).raise_for_status()


def traces(orders: int, *, bad_every: int) -> dict[str, Any]:
    """Return orders of three spans each: served, called from there, served by payment."""
    begin = time.time_ns() - 2 * 10**9
    checkout: list[dict[str, Any]] = []
    payment: list[dict[str, Any]] = []
    for order in range(orders):
        number = next(_numbers)
        for spans, step, name, kind in (
            (checkout, 1, "POST /orders", SERVER),
            (checkout, 2, "POST /charges", CLIENT),
            (payment, 3, "POST /charges", SERVER),
        ):
            start = begin + order * 10**5 + step * 10**7
            spans.append(
                {
                    "traceId": f"{number:032x}",
                    "spanId": f"{number * 4 + step:016x}",
                    "parentSpanId": f"{number * 4 + step - 1:016x}" if step > 1 else "",
                    "name": name,
                    "kind": kind,
                    "startTimeUnixNano": str(start),
                    "endTimeUnixNano": str(start + (5 - step) * 10**7),
                    "attributes": attributes({"http.route": "/orders"}),
                    "status": {} if order % bad_every else {"code": ERROR, "message": "payline refused"},
                }
            )
    parts = [("checkout", checkout), ("payment", payment)]
    return {
        "resourceSpans": [
            {"resource": resource(service), "scopeSpans": [{"spans": spans}]} for service, spans in parts
        ]
    }


def logs(lines: int) -> dict[str, Any]:
    """Return log records, one in five an error."""
    records = [
        {
            "timeUnixNano": str(time.time_ns() - 10**9),
            "severityNumber": 9 if line % 5 else 17,
            "body": {"stringValue": f"order {next(_numbers)} was placed"},
            "attributes": attributes({"shop.basket": str(line)}),
        }
        for line in range(lines)
    ]
    return {"resourceLogs": [{"resource": resource("checkout"), "scopeLogs": [{"logRecords": records}]}]}


def metrics(series: int) -> dict[str, Any]:
    """Return a gauge, a sum and a histogram, each with a point in every series."""
    at = time.time_ns() - 10**9
    gauge, total, spread = [], [], []
    for number in range(series):
        own = {"attributes": attributes({"shop.channel": f"c{number}"}), "timeUnixNano": str(at + number)}
        since = own | {"startTimeUnixNano": str(at - 10**9)}
        gauge.append(own | {"asDouble": number})
        total.append(since | {"asInt": str(number)})
        spread.append(
            since | {"count": "3", "sum": 1.5, "explicitBounds": [0.1, 1], "bucketCounts": ["1"] * 3}
        )
    cumulative = {"aggregationTemporality": 2}
    sent = [
        {"name": "shop.basket.size", "unit": "1", "gauge": {"dataPoints": gauge}},
        {"name": "shop.orders", "sum": {"dataPoints": total, "isMonotonic": True, **cumulative}},
        {"name": "shop.order.duration", "unit": "s", "histogram": {"dataPoints": spread, **cumulative}},
    ]
    return {"resourceMetrics": [{"resource": resource("checkout"), "scopeMetrics": [{"metrics": sent}]}]}


def resource(service: str) -> dict[str, Any]:
    """Return a resource of this name in one zone and version."""
    return {"attributes": attributes({"service.name": service} | RESOURCE)}


def attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    """Return attributes as OTLP/JSON writes them."""
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


if __name__ == "__main__":
    main()
