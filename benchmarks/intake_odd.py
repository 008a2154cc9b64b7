"""What odd telemetry costs beside ordinary: texts that are not UTF-8, values nested deep, words of log lines.

Each is timed in turn with the ordinary one, by CPU of this process, so that a busy machine disturbs both
alike; the best of the rounds counts. Run it as

    python -m benchmarks.intake_odd [--rounds 10]
"""

import argparse
import time
from collections.abc import Callable

import chdb
from benchmarks.bodies import SPANS, body
from benchmarks.report import figure, heading
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from holdfast.telemetry.intake.otlp.rules import REQUESTS, AdmissionLimits, decode
from holdfast.telemetry.intake.otlp.unnesting import unnested_segment
from holdfast.telemetry.intake.varint import varint
from holdfast.telemetry.logs.words import TEXT
from holdfast.telemetry.model import Signal

LINES = 100_000
RECORDS = 5_000
_MARK = b"@@@@"
_BAD = b"caf\xe9"


def best_seconds(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the least CPU each of these takes, all run once a round."""
    found = [float("inf")] * len(works)
    for _ in range(rounds):
        for place, work in enumerate(works):
            began = time.process_time()
            work()
            found[place] = min(found[place], time.process_time() - began)
    return found


def spoilt(spans: int) -> bytes:
    """Return a body of 1,000 spans with a text that is not UTF-8 in `spans` of them."""
    request = REQUESTS[Signal.TRACES].FromString(body(1))
    every = [span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans]  # type: ignore[attr-defined]  # a generated message
    for span in every[:spans]:
        span.name = _MARK.decode()
    return request.SerializeToString().replace(_MARK, _BAD)


def receiving(rounds: int) -> None:
    """Time what the door does with a body: sound, with one bad text, with a bad text in every span."""
    anything = AdmissionLimits(0, 2**64 - 1, 0, 1_000)
    bodies = [spoilt(0), spoilt(1), spoilt(SPANS)]
    sound, one, all_of_them = best_seconds(
        rounds, *(lambda body=body: decode(Signal.TRACES, body, anything) for body in bodies)
    )
    figure("check 1,000 spans, all sound", f"{sound * 1e3:.2f} ms")
    figure("check 1,000 spans, one text repaired", f"{one * 1e3:.2f} ms")
    figure("check 1,000 spans, a text repaired in each", f"{all_of_them * 1e3:.1f} ms")


def nested() -> bytes:
    """Return a segment of log records whose bodies are maps, three levels deep."""
    request = ExportLogsServiceRequest()
    records = request.resource_logs.add().scope_logs.add().log_records
    for number in range(RECORDS):
        fields = records.add(time_unix_nano=1).body.kvlist_value.values
        for key in ("level", "message", "user", "route"):
            fields.add(key=key).value.string_value = f"{key} {number}"
        headers = (
            fields.add(key="http").value.kvlist_value.values.add(key="headers").value.kvlist_value.values
        )
        headers.add(key="accept").value.string_value = "application/json"
    message = request.SerializeToString()
    return varint(len(message)) + message


def unnesting(rounds: int) -> None:
    """Time what is done to a segment with deeper values before the engine reads it."""
    segment = nested()
    (seconds,) = best_seconds(rounds, lambda: b"".join(unnested_segment(Signal.LOGS, segment)))
    figure("write deeper values of log bodies as text", f"{RECORDS / seconds:,.0f} records/s")


def words(rounds: int) -> None:
    """Time the expression that log lines are indexed by, beside lower case alone."""
    engine = chdb.connect(":memory:")
    engine.query("CREATE TABLE lines (Body String) ENGINE = Memory")
    text = "concat('order ', toString(number), ' of user 977 charged with card 31 in 35 ms, path /cart/7')"
    for name, line in (
        ("ASCII", text),
        ("coloured", f"concat('\\x1b[31mERROR\\x1b[0m ', {text})"),
        ("Chinese", f"concat('支付失败订单号', {text})"),
    ):
        engine.query("TRUNCATE TABLE lines")
        engine.query(f"INSERT INTO lines SELECT {line} FROM numbers({LINES})")
        before, now = best_seconds(
            rounds,
            *(
                lambda read=read: engine.query(
                    f"SELECT sum(length({read})) FROM lines SETTINGS max_threads = 1"
                )
                for read in ("lowerUTF8(Body)", TEXT)
            ),
        )
        figure(
            f"read the words of {name} lines",
            f"{now / LINES * 1e6:.2f} µs a line",
            f"lower case alone {before / LINES * 1e6:.2f} µs",
        )


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    heading("Odd telemetry beside ordinary, CPU of one core")
    receiving(rounds)
    unnesting(rounds)
    words(rounds)


if __name__ == "__main__":
    main()
