"""100,000 names of each kind a sender can choose: how memory grows, and how long lists take then.

    python -m benchmarks.names [--names 100000] [--only platform,services,zones]

`platform` sends as many calls between 200 services in each of 3 environments and 4 namespaces.

Each kind is sent to a server of its own with an empty directory, as one client can in some seconds. Memory is
the most of a minute afterwards over that before the first body; then the lists are read, one call after the
other, and the server is started again over what it stored.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
from benchmarks.report import figure, heading
from benchmarks.server import Server, running
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

NAMES_A_BODY = 2_500
WATCHED_SECONDS = 60
ROUNDS = 5
MEMORY_LIMIT_MIB = 300
BYTES_LIMIT = 1_000_000
SECONDS_LIMIT = 1.0
SERVICES = 200
_SERVICE = "one"

Body = Callable[[range], bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of name: where its bodies go, what one holds, and the calls that list it."""

    path: str
    body: Body
    calls: tuple[str, ...]


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _spans(
    numbers: range, resource: Callable[[int], Mapping[str, str]], **span: Callable[[int], str]
) -> bytes:
    """Return a request with a span of each number; `name` and `peer` of it as given."""
    request, now = ExportTraceServiceRequest(), time.time_ns()
    of: dict[tuple[tuple[str, str], ...], object] = {}
    for number in numbers:
        attributes = tuple(({"service.name": _SERVICE} | dict(resource(number))).items())
        if attributes not in of:
            group = request.resource_spans.add()
            group.resource.attributes.extend(_text(*pair) for pair in attributes)
            of[attributes] = group.scope_spans.add()
        peer = span["peer"](number) if "peer" in span else ""
        of[attributes].spans.add(  # type: ignore[attr-defined]  # a group of spans
            trace_id=os.urandom(16),
            span_id=os.urandom(8),
            name=span["name"](number) if "name" in span else "GET /",
            kind=3 if peer else 2,
            start_time_unix_nano=now - 5_000_000,
            end_time_unix_nano=now,
            attributes=[_text("server.address", peer)] if peer else [],
        )
    return request.SerializeToString()


def _platform(numbers: range) -> bytes:
    """Return a request with a call for each number, between two services of one environment and namespace."""
    request, now = ExportTraceServiceRequest(), time.time_ns()
    for number in numbers:
        trace, call = os.urandom(16), os.urandom(8)
        for kind, service, ids in (
            (3, number, {"span_id": call}),
            (2, number + 1, {"span_id": os.urandom(8), "parent_span_id": call}),
        ):
            group = request.resource_spans.add()
            group.resource.attributes.extend(_text(*pair) for pair in _identity(number, service).items())
            times = {"start_time_unix_nano": now - 5_000_000, "end_time_unix_nano": now}
            group.scope_spans.add().spans.add(trace_id=trace, name="GET /", kind=kind, **ids, **times)
    return request.SerializeToString()


def _identity(number: int, service: int) -> dict[str, str]:
    """Return one of 3 environments, 4 namespaces and 200 services, each of them in every place."""
    return {
        "service.name": f"service-{service % SERVICES}",
        "service.namespace": f"team-{number // SERVICES % 4}",
        "deployment.environment.name": ("production", "staging", "test")[number // (4 * SERVICES) % 3],
    }


def _points(numbers: range, name: Callable[[int], str], host: Callable[[int], str]) -> bytes:
    """Return a request with a point of a gauge of each number."""
    request = ExportMetricsServiceRequest()
    for number in numbers:
        group = request.resource_metrics.add()
        group.resource.attributes.extend((_text("service.name", _SERVICE), _text("host.name", host(number))))
        points = group.scope_metrics.add().metrics.add(name=name(number)).gauge.data_points
        points.add(as_double=1.0, time_unix_nano=time.time_ns())
    return request.SerializeToString()


def _lines(numbers: range) -> bytes:
    """Return a request with a log line of each number, with an attribute of its own."""
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.append(_text("service.name", _SERVICE))
    lines = group.scope_logs.add().log_records
    for number in numbers:
        line = lines.add(time_unix_nano=time.time_ns(), severity_number=9)
        line.body.string_value = "said"
        line.attributes.append(_text(f"key.{_word(number)}", "value"))
    return request.SerializeToString()


def _word(number: int) -> str:
    """Return a name that is not folded for being an id."""
    letters = ""
    while number or not letters:
        number, letter = divmod(number, 19)
        letters += "ghijklmnopqrstuvwxy"[letter]
    return f"name-{letters}"


def _same(_number: int) -> dict[str, str]:
    return {}


_DETAIL = f"/services/{quote(_SERVICE)}"
KINDS = {
    "platform": Kind(
        "/v1/traces",
        _platform,
        (
            "/services?limit=1000",
            "/services?environment=staging",
            "/services?environment=production&namespace=team-1",
            "/services/service-7?environment=production&namespace=team-1",
            "/map",
            "/map?environment=production",
            "/map?environment=production&namespace=team-1",
        ),
    ),
    "services": Kind(
        "/v1/traces",
        lambda numbers: _spans(numbers, lambda number: {"service.name": _word(number)}),
        ("/services", "/services?limit=1000", "/services?q=name-gg", "/map", "/status"),
    ),
    "operations": Kind("/v1/traces", lambda numbers: _spans(numbers, _same, name=_word), (_DETAIL,)),
    "instances": Kind(
        "/v1/metrics",
        lambda numbers: _points(numbers, lambda _: "requests", _word),
        ("/metrics", "/metrics/requests"),
    ),
    "zones": Kind(
        "/v1/traces",
        lambda numbers: _spans(numbers, lambda number: {"cloud.availability_zone": _word(number)}),
        ("/status", "/services", "/map"),
    ),
    "versions": Kind(
        "/v1/traces",
        lambda numbers: _spans(numbers, lambda number: {"service.version": _word(number)}),
        (_DETAIL, "/map"),
    ),
    "map nodes": Kind("/v1/traces", lambda numbers: _spans(numbers, _same, peer=_word), ("/map", _DETAIL)),
    "metric names": Kind(
        "/v1/metrics",
        lambda numbers: _points(numbers, _word, lambda _: "host"),
        ("/metrics", "/metrics?limit=2000", "/metrics?q=name-gg"),
    ),
    "attribute keys": Kind("/v1/logs", _lines, ("/logs/facets", "/logs?limit=1000")),
}


def main() -> None:
    """Send, watch, read, start again; print a figure for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(KINDS), help="kinds to send, by comma")
    options = parser.parse_args()
    heading(f"{options.names:,} names of each kind that senders choose")
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as directory:
            _measure(name, KINDS[name], options.names, Path(directory) / "data")


def _measure(name: str, kind: Kind, names: int, data: Path) -> None:
    with running(data) as server:
        _read(server, kind.calls, rounds=1)
        before = server.resident_mib()
        began = time.monotonic()
        sent = _send(server, kind, names)
        took = time.monotonic() - began
        most = max(_watch(server), _after_reading(server, name, kind))
        figure(f"{name}: sent", f"{sent / 2**20:,.1f} MiB", f"in {took:.1f} s")
        figure(f"{name}: memory grows by", f"{most - before:,.0f} MiB", f"limit {MEMORY_LIMIT_MIB} MiB")
        _say_what_is_capped(server)
    with running(data) as server:
        first = server.resident_mib()
        _read(server, kind.calls, rounds=1)
        grown = _watch(server) - first
        figure(f"{name}: after a restart it grows by", f"{grown:,.0f} MiB", f"limit {MEMORY_LIMIT_MIB} MiB")


def _send(server: Server, kind: Kind, names: int) -> int:
    """Send a span, point or line with each name; return the bytes of all bodies."""
    url, sent = f"http://127.0.0.1:{server.http_port}{kind.path}", 0
    with httpx.Client(timeout=120) as client:
        for first in range(0, names, NAMES_A_BODY):
            body = kind.body(range(first, min(names, first + NAMES_A_BODY)))
            client.post(
                url, content=body, headers={"Content-Type": "application/x-protobuf"}
            ).raise_for_status()
            sent += len(body)
    return sent


def _watch(server: Server) -> float:
    most, until = 0.0, time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < until:
        most = max(most, server.resident_mib())
        time.sleep(0.2)
    return most


def _after_reading(server: Server, name: str, kind: Kind) -> float:
    """Read the lists and print how long each takes and how large a page is; return memory then."""
    for call, (seconds, size) in _read(server, kind.calls, rounds=ROUNDS).items():
        limits = f"slowest {max(seconds) * 1000:,.0f} ms (limit {SECONDS_LIMIT * 1000:,.0f}), {size:,} bytes"
        figure(
            f"{name}: {call}",
            f"{statistics.median(seconds) * 1000:,.0f} ms",
            f"{limits} (limit {BYTES_LIMIT:,})",
        )
    return server.resident_mib()


def _read(server: Server, calls: tuple[str, ...], *, rounds: int) -> dict[str, tuple[list[float], int]]:
    found: dict[str, tuple[list[float], int]] = {}
    with httpx.Client(timeout=120) as client:
        for call in calls:
            seconds, size = [], 0
            for _ in range(rounds):
                began = time.perf_counter()
                answer = client.get(f"{server.api}{call}")
                seconds.append(time.perf_counter() - began)
                size = len(answer.content)
            found[call] = (seconds, size)
    return found


def _say_what_is_capped(server: Server) -> None:
    for one in httpx.get(f"{server.api}/status", timeout=30).json()["capped_names"]:
        print(f"  {one['detail']}", flush=True)


if __name__ == "__main__":
    main()
