"""The warehouse behaves the same inside this process and on a server over HTTP."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.conftest import keep_forever, without_rows
from tests.telemetry import clickhouse_server
from tests.telemetry.counted_world import an_sli, stored_counters
from tests.telemetry.otlp_builders import T0, LogsRequest, MetricsRequest, of_service, segment, span, traces

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.migrations import STEPS, migrate
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.protocol import Warehouse
from holdfast.telemetry.warehouse.remote import ClickHouseWarehouse

NOW = datetime.fromtimestamp(T0, UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that speaks ClickHouse's HTTP protocol, in a process of its own."""
    directory = tmp_path_factory.mktemp("clickhouse")
    process = subprocess.Popen(
        [sys.executable, clickhouse_server.__file__, str(directory / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield int(process.stdout.readline())
    process.stdin.close()
    process.wait(timeout=20)
    process.stdout.close()


def address(port: int, database: str, *, password: str = clickhouse_server.PASSWORD) -> str:
    """The URL of a database on the test server."""
    user = f"{clickhouse_server.USER}:{quote(password, safe='')}"
    return f"clickhouse://{user}@127.0.0.1:{port}/{database}"


@dataclass
class Engine:
    """A migrated warehouse and the layout it has."""

    warehouse: Warehouse
    layout: Layout


@pytest.fixture(scope="module", params=["inside", "http"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A warehouse of the newest schema, inside this process and over HTTP in turn."""
    warehouse: ChdbWarehouse | ClickHouseWarehouse
    layout = Layout(database=f"holdfast_{next(_numbers)}")
    if request.param == "inside":
        warehouse = ChdbWarehouse(tmp_path_factory.mktemp("inside") / "warehouse", database=layout.database)
        warehouse.open()
    else:
        warehouse = ClickHouseWarehouse(address(request.getfixturevalue("server_port"), layout.database))
    migrate(warehouse, layout)
    keep_forever(warehouse)
    yield Engine(warehouse, layout)
    warehouse.close()


@pytest.fixture
def engine(migrated: Engine) -> Engine:
    """The same one for every test, without rows."""
    without_rows(migrated.warehouse)
    return migrated


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    """A schema of the newest version is left alone."""
    assert migrate(engine.warehouse, engine.layout) == STEPS[-1][0]
    assert engine.warehouse.query("SELECT version FROM holdfast_schema_version ORDER BY 1") == [
        (version,) for version, *_ in sorted(STEPS, key=lambda step: step[0])
    ]


AWKWARD = [
    "",
    "it's",
    'say "x"',
    "back\\slash",
    "tab\tnew\nline\r",
    "nul\0",
    "\\N",
    "NULL",
    "{a:String}",
    "ü😀",
    "%41+&=",
]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(st.characters(exclude_categories=["Cs"])), texts=st.lists(st.text(max_size=5), max_size=4)
)
@example(text="', 1) --", texts=AWKWARD)
@example(text="".join(AWKWARD), texts=["[]", "',''"])
def test_a_parameter_never_changes_the_statement(engine: Engine, text: str, texts: list[str]) -> None:
    """A value with any characters arrives unchanged, and the statement keeps its meaning."""
    rows = engine.warehouse.query(
        "SELECT {text:String}, {texts:Array(String)}, {number:UInt64}, {yes:Bool}, {ids:Array(UInt64)}",
        {"text": text, "texts": texts, "number": 2**64 - 1, "yes": True, "ids": [1, 2]},
    )
    assert rows == [(text, texts, 2**64 - 1, True, [1, 2])]


def test_a_command_takes_parameters_as_a_query_does(engine: Engine) -> None:
    """Awkward text written by a command is read back as it was."""
    engine.warehouse.command("CREATE TABLE notes (text String) ENGINE = MergeTree ORDER BY text")
    text = "".join(AWKWARD)
    engine.warehouse.command("INSERT INTO notes SELECT {text:String}", {"text": text})
    assert engine.warehouse.query("SELECT text FROM notes") == [(text,)]


def test_columns_are_arrays_by_name(engine: Engine) -> None:
    """`columns` returns numbers as arrays, also when there are no rows."""
    found = engine.warehouse.columns(
        "SELECT number AS n, number * 2 AS m FROM numbers({count:UInt64})", {"count": 3}
    )
    assert {name: values.tolist() for name, values in found.items()} == {"n": [0, 1, 2], "m": [0, 2, 4]}
    assert all(len(v) == 0 for v in engine.warehouse.columns("SELECT 1 AS n WHERE 0").values())


def test_spans_are_stored_and_counted_once(engine: Engine, tmp_path: Path) -> None:
    """A segment inserted again under its token adds nothing, to the spans as to every counter."""
    Selectors(engine.warehouse, engine.layout).install([an_sli(1)], now=NOW)
    path = segment(
        tmp_path, traces(of_service("cart", [span(status="error"), span(attributes={"k": "ü'\\"})]))
    )
    for _ in range(2):
        engine.warehouse.insert_segment(Signal.TRACES, path, "one")
    assert engine.warehouse.query("SELECT count() FROM otel_traces") == [(2,)]
    assert engine.warehouse.query("SELECT sum(Requests), sum(Errors) FROM holdfast_red") == [(2, 1)]
    assert stored_counters(engine.warehouse, "1h") == {(1, T0): (1, 2)}
    assert engine.warehouse.query("SELECT SpanAttributes['k'] AS k FROM otel_traces WHERE k != ''") == [
        ("ü'\\",)
    ]


def test_logs_and_metrics_are_stored_once(engine: Engine, tmp_path: Path) -> None:
    """Log records and points of several kinds are stored, each once however often the segment comes."""
    logs, metrics = LogsRequest(), MetricsRequest()
    record = logs.resource_logs.add().scope_logs.add().log_records.add()
    record.time_unix_nano, record.body.string_value = T0 * 10**9, "hello"
    found = metrics.resource_metrics.add().scope_metrics.add().metrics
    found.add(name="g").gauge.data_points.add(time_unix_nano=T0 * 10**9, as_double=0.5)
    found.add(name="s").sum.data_points.add(time_unix_nano=T0 * 10**9, as_int=-3)
    for _ in range(2):
        engine.warehouse.insert_segment(Signal.LOGS, segment(tmp_path, logs), "one")
        engine.warehouse.insert_segment(Signal.METRICS, segment(tmp_path, metrics), "one")
    assert engine.warehouse.query("SELECT Body FROM otel_logs") == [("hello",)]
    assert engine.warehouse.query("SELECT Value FROM otel_metrics_gauge") == [(0.5,)]
    assert engine.warehouse.query("SELECT Value FROM otel_metrics_sum") == [(-3,)]


def test_an_unreadable_segment_is_refused_and_the_next_one_taken(engine: Engine, tmp_path: Path) -> None:
    """Bytes that are not OTLP are refused for good; the warehouse goes on with what follows."""
    broken = tmp_path / "broken"
    broken.write_bytes(b"\xff" * 100)
    with pytest.raises(SegmentRefused, match="cannot read"):
        engine.warehouse.insert_segment(Signal.TRACES, broken, "broken")
    engine.warehouse.insert_segment(
        Signal.TRACES, segment(tmp_path, traces(of_service("a", [span()]))), "good"
    )
    assert engine.warehouse.query("SELECT count() FROM otel_traces") == [(1,)]


def test_a_query_that_takes_too_long_is_cut_off(engine: Engine) -> None:
    """A query past its time ends with a sentence that says so, and the next one works."""
    slow = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
    with pytest.raises(Unavailable, match="cancelled"):
        engine.warehouse.query(slow, timeout_seconds=0.3)
    assert engine.warehouse.query("SELECT 1") == [(1,)]


def test_an_error_says_what_the_engine_said(engine: Engine) -> None:
    """A statement the engine refuses comes back as one sentence with the engine's code."""
    with pytest.raises(Unavailable, match="nowhere") as caught:
        engine.warehouse.query("SELECT 1 FROM nowhere")
    assert caught.value.rule == "engine code 60"
    assert "\n" not in caught.value.detail


def test_ten_thousand_slis_are_installed(engine: Engine) -> None:
    """All SLIs of a large catalog reach the engine, in spite of the limit of a single parameter."""
    slis = [an_sli(number, f"service-{number % 500}") for number in range(1, 10_001)]
    Selectors(engine.warehouse, engine.layout).install(slis, now=NOW)
    rows = engine.warehouse.query("SELECT sum(length(plain)) FROM holdfast_selectors")
    assert rows == [(20_000,)]  # server and consumer spans
    assert engine.warehouse.query("SELECT uniqExact(sli) FROM holdfast_backfills") == [(10_000,)]


def test_a_server_that_is_away_is_unavailable() -> None:
    """Nobody listening is said in one sentence with the address and without the password."""
    warehouse = ClickHouseWarehouse(address(1, "holdfast"))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1\b") as caught:
        warehouse.query("SELECT 1")
    _assert_no_password(caught.value)


def test_a_wrong_password_is_not_repeated(server_port: int) -> None:
    """A refused sign-in says so, and never what was tried."""
    warehouse = ClickHouseWarehouse(address(server_port, "holdfast", password="wr/ong@pass"))
    with pytest.raises(Unavailable, match="Authentication failed") as caught:
        warehouse.query("SELECT 1")
    _assert_no_password(caught.value)


def _assert_no_password(error: Unavailable) -> None:
    for password in (clickhouse_server.PASSWORD, "wr/ong@pass"):
        for text in (password, quote(password, safe=""), password.split("/")[0], password.split("@")[-1]):
            assert text not in error.detail
            assert text not in str(error)


def test_an_address_may_name_a_cluster_and_no_database(server_port: int) -> None:
    """What an address says for Holdfast is not passed on; without a database it is `holdfast`."""
    url = address(server_port, "").rstrip("/")
    warehouse = ClickHouseWarehouse(f"{url}?cluster=prod")
    assert warehouse.query("SELECT currentDatabase()") == [("holdfast",)]
    warehouse.close()


@pytest.mark.parametrize("secured", ["clickhouses://{}/x", "clickhouse://{}/x?secure=true"])
def test_tls_is_asked_for_in_either_way(server_port: int, secured: str) -> None:
    """With TLS asked for, a server that does not speak it is not spoken to in the clear."""
    warehouse = ClickHouseWarehouse(secured.format(f"127.0.0.1:{server_port}"))
    with pytest.raises(Unavailable, match="SSL"):
        warehouse.query("SELECT 1")
