"""What the views count at insert is what counting the spans by hand gives."""

import itertools
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.telemetry import counting_twin
from tests.telemetry.counted_world import REQUESTS, SLIS, an_sli, forget_everything, stored_counters
from tests.telemetry.otlp_builders import T0, TraceRequest, of_service, segment, span, traces
from tests.telemetry.spans.test_latency_buckets import exact

from holdfast.catalog.model import Sli
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.model import Signal
from holdfast.telemetry.services.store import RedStore
from holdfast.telemetry.spans.latency_buckets import merge, quantile
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

NOW = datetime.fromtimestamp(T0, UTC)
WIDTHS = {"10s": 10, "1m": 60, "1h": 3600}
RED_TABLES = {
    "holdfast_red": 10,
    "holdfast_red_5m": 300,
    "holdfast_red_services": 10,
    "holdfast_red_services_5m": 300,
}
FEW_LARGE = settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
_tokens = itertools.count(1)


def insert(
    warehouse: ChdbWarehouse, directory: Path, requests: list[TraceRequest], *, replayed: set[int]
) -> None:
    """Insert each request as a segment of its own, some of them twice under the same token."""
    for number, request in enumerate(requests):
        path, token = segment(directory, request), f"rollups-{next(_tokens)}"
        for _ in range(2 if number in replayed else 1):
            warehouse.insert_segment(Signal.TRACES, path, token)


@FEW_LARGE
@given(
    requests=st.lists(REQUESTS, min_size=1, max_size=3),
    slis=SLIS,
    replayed=st.sets(st.integers(0, 2), max_size=1),
)
def test_counters_equal_counting_by_hand(
    warehouse: ChdbWarehouse,
    layout: Layout,
    tmp_path: Path,
    requests: list[TraceRequest],
    slis: list[Sli],
    replayed: set[int],
) -> None:
    """Good and total of every SLI and slice are exact at all widths, in segments that come once or twice."""
    forget_everything(warehouse)
    Selectors(warehouse, layout).install(slis, now=NOW)
    insert(warehouse, tmp_path, requests, replayed=replayed)
    spans = list(counting_twin.seen(requests))
    for width, seconds in WIDTHS.items():
        expected = counting_twin.counters(spans, slis, width=seconds)
        assert stored_counters(warehouse, width) == expected, width


@FEW_LARGE
@given(requests=st.lists(REQUESTS, min_size=1, max_size=2))
def test_red_equals_counting_by_hand(
    warehouse: ChdbWarehouse, tmp_path: Path, requests: list[TraceRequest]
) -> None:
    """Requests and errors per service, operation and kind are exact in both widths of slices."""
    forget_everything(warehouse)
    insert(warehouse, tmp_path, requests, replayed={0})
    counted: Counter[tuple[Any, ...]] = Counter()
    failed: Counter[tuple[Any, ...]] = Counter()
    for one in counting_twin.seen(requests):
        if one.kind != "internal" or one.is_root:
            key = (one.service, counting_twin.folded(one.operation), one.kind)
            counted[key] += one.weight
            failed[key] += one.weight if one.is_error else 0
    for table in ("holdfast_red", "holdfast_red_5m"):
        rows = warehouse.query(
            "SELECT Service, Operation, lower(Kind), sum(Requests), sum(Errors), "
            f"arraySum(sumMap(Latency).2) FROM {table} GROUP BY 1, 2, 3"
        )
        assert {row[:3]: row[3] for row in rows} == counted, table
        assert {row[:3]: row[4] for row in rows} == {key: failed[key] for key in counted}, table
        assert {row[:3]: row[5] for row in rows} == counted, table
    for table in ("holdfast_red_services", "holdfast_red_services_5m"):
        rows = warehouse.query(
            "SELECT Service, lower(Kind), sum(Requests), sum(Errors), arraySum(sumMap(Latency).2) "
            f"FROM {table} GROUP BY 1, 2"
        )
        of_kind = _by_service(counted)
        assert {row[:2]: row[2] for row in rows} == of_kind, table
        assert {row[:2]: row[3] for row in rows} == _by_service(failed), table
        assert {row[:2]: row[4] for row in rows} == of_kind, table


def _by_service(counted: Counter[tuple[Any, ...]]) -> dict[tuple[str, str], int]:
    summed: dict[tuple[str, str], int] = {}
    for (service, _, kind), count in counted.items():
        summed[service, kind] = summed.get((service, kind), 0) + count
    return summed


@pytest.fixture
def red_hour(warehouse: ChdbWarehouse, tmp_path: Path) -> ChdbWarehouse:
    """A warehouse in which `cart` handled one request every ten seconds of an hour."""
    spans = [span(f"op-{'abc'[number % 3]}", at=T0 + number * 10) for number in range(360)]
    insert(warehouse, tmp_path, [traces(of_service("cart", spans))], replayed=set())
    return warehouse


CART = ServiceId("cart")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=st.integers(-700, 2_000), seconds=st.integers(1, 4_000))
def test_any_range_adds_up_all_its_slices(red_hour: ChdbWarehouse, start: int, seconds: int) -> None:
    """Whole five minutes and the 10 s slices at the ends give what all 10 s slices of the range give."""
    within = TimeRange(
        datetime.fromtimestamp(T0 + start, UTC), datetime.fromtimestamp(T0 + start + seconds, UTC)
    )
    slices = [at for at in range(T0, T0 + 3_600, 10) if start <= at - T0 < start + seconds]
    found = RedStore(red_hour).services(within, [CART])
    operations = RedStore(red_hour).operations(CART, within)
    if not slices:
        assert found == operations == []
        return
    (one,) = found
    assert (one.red.requests, one.last_seen_epoch) == (len(slices), slices[-1])
    assert {operation.name: operation.requests for operation in operations} == Counter(
        f"op-{'abc'[(at - T0) // 10 % 3]}" for at in slices
    )


@pytest.fixture
def counting(warehouse: ChdbWarehouse, layout: Layout) -> ChdbWarehouse:
    """A warehouse that counts SLI 1: handled spans of `cart`, good when they did not fail."""
    Selectors(warehouse, layout).install([an_sli(1)], now=NOW)
    return warehouse


def test_latency_percentiles_are_within_four_and_a_half_percent(
    warehouse: ChdbWarehouse, tmp_path: Path
) -> None:
    """p50, p90 and p99 read from each roll-up are within 4.5% of those of all durations."""
    milliseconds = [1.07**step for step in range(120)] * 3
    spans = [span(at=T0 + number, milliseconds=one) for number, one in enumerate(milliseconds)]
    insert(warehouse, tmp_path, [traces(of_service("cart", spans))], replayed=set())
    nanoseconds = [round(one * 10**6) for one in milliseconds]
    for table, grain in RED_TABLES.items():
        rows = warehouse.query(f"SELECT Latency.1, Latency.2, toUInt32(Slice) FROM {table}")
        assert all(row[2] % grain == 0 for row in rows), table
        counts = merge((row[0], row[1]) for row in rows)
        for share in (0.5, 0.9, 0.99):
            found = quantile(counts, share)
            assert found == pytest.approx(exact(nanoseconds, share), rel=0.045), (table, share)


WEIGHTS = {
    "ot=th:c": 4,
    "ot=th:e6666666666668": 10,
    "ot=th:b3333333333333": 10 / 3,  # thirty in a hundred
    "ot=th:0": 1,
    "ot=th:xyz": 1,
    "ot=th:fffff": 2**20,
    "ot=th:fffff00000001": 1,
    "ot=th:ffffffffffffff": 1,
}


def test_sampled_spans_count_by_their_weight(
    warehouse: ChdbWarehouse, layout: Layout, tmp_path: Path
) -> None:
    """One in four counts four times; fractions are settled span by span and right on average."""
    number = 2_000
    ids = [(index * 2654435761 % 2**32).to_bytes(8, "big") for index in range(number)]
    slis = {state: an_sli(n, f"cart-{n}") for n, state in enumerate(WEIGHTS, start=1)}
    Selectors(warehouse, layout).install(list(slis.values()), now=NOW)
    sent = [
        of_service(f"cart-{sli.id}", [span(trace_state=state, span_id=one) for one in ids])
        for state, sli in slis.items()
    ]
    insert(warehouse, tmp_path, [traces(*sent)], replayed=set())
    counted = {sli: total for (sli, at), (_, total) in stored_counters(warehouse, "1h").items() if at == T0}
    for state, sli in slis.items():
        total = counted[sli.id]
        assert total == sum(counting_twin.weight(state, one) for one in ids), state
        rel = 0.001 if isinstance(WEIGHTS[state], int) else 0.01
        assert total / number == pytest.approx(WEIGHTS[state], rel=rel), state


def test_absurd_claims_overflow_no_counter(counting: ChdbWarehouse, tmp_path: Path) -> None:
    """Spans that claim to stand for 2^56, or to have lasted for centuries, leave all sums what they are."""
    centuries = 2**63 // 10**6
    spans = [
        *(span(trace_state="ot=th:ffffffffffffff", status="error") for _ in range(300)),
        *(span(trace_state="ot=th:fffff", milliseconds=centuries) for _ in range(300)),
    ]
    request = traces(of_service("cart", spans))
    insert(counting, tmp_path, [request], replayed={0})
    assert counting_twin.counters(counting_twin.seen([request]), [an_sli(1)]) == {
        (1, T0): (300 * 2**20, 300 * 2**20 + 300)
    }
    for width in WIDTHS:
        assert stored_counters(counting, width) == {(1, T0): (300 * 2**20, 300 * 2**20 + 300)}
    expected = sum(one.weight * one.nanoseconds for one in counting_twin.seen([request]))
    for table in RED_TABLES:
        rows = counting.query(f"SELECT sum(Requests), toString(sum(DurationNanoseconds)) FROM {table}")
        assert rows == [(300 * 2**20 + 300, str(expected))]


def test_late_spans_fall_into_the_slice_they_belong_to(counting: ChdbWarehouse, tmp_path: Path) -> None:
    """A span that comes hours late is added to its own slice, not to the newest."""
    for at in (T0 + 7200, T0, T0 + 3):
        insert(counting, tmp_path, [traces(of_service("cart", [span(at=at)]))], replayed=set())
    expected = {(1, T0): (2, 2), (1, T0 + 7200): (1, 1)}
    assert {width: stored_counters(counting, width) for width in WIDTHS} == dict.fromkeys(WIDTHS, expected)


def test_merging_parts_changes_no_count(counting: ChdbWarehouse, tmp_path: Path) -> None:
    """When the engine merges the parts of its tables, sums stay what they were."""
    for second in range(4):
        request = traces(of_service("cart", [span(at=T0 + second, status="error"), span(at=T0)]))
        insert(counting, tmp_path, [request], replayed={0})
    for table in ("holdfast_slo_10s", "holdfast_slo_1h", "holdfast_red"):
        counting.command(f"OPTIMIZE TABLE {table} FINAL")
    assert stored_counters(counting, "10s") == stored_counters(counting, "1h") == {(1, T0): (4, 8)}
    assert counting.query("SELECT count(), sum(Requests), sum(Errors) FROM holdfast_red") == [(1, 8, 4)]


def test_a_replay_mends_views_left_behind_by_a_crash(counting: ChdbWarehouse, tmp_path: Path) -> None:
    """After a crash between the spans and a view, the replay adds what is missing there, nothing else."""
    path = segment(tmp_path, traces(of_service("cart", [span(), span(status="error")])))
    counting.insert_segment(Signal.TRACES, path, "crashed")
    before = _everything(counting)
    for lost in (
        ["holdfast_slo_1h"],
        ["holdfast_slo_10s", "holdfast_slo_1m", "holdfast_slo_1h"],
        ["holdfast_red", "holdfast_red_services_5m", "holdfast_presence_1m"],
    ):
        for table in lost:
            counting.command(f"TRUNCATE TABLE {table}")
        counting.insert_segment(Signal.TRACES, path, "crashed")
        assert _everything(counting) == before, lost


def _everything(warehouse: ChdbWarehouse) -> dict[str, Any]:
    sums = {
        **dict.fromkeys(RED_TABLES, "sum(Requests), sum(Errors)"),
        "holdfast_presence_1m": "sum(spans)",
        "otel_traces": "count()",
        **{f"holdfast_slo_{width}": "sum(good), sum(total)" for width in WIDTHS},
    }
    return {table: warehouse.query(f"SELECT {what} FROM {table}") for table, what in sums.items()}


def test_presence_counts_spans_of_every_kind(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """A service that only works inside itself is present in the minutes it sent spans in."""
    spans = [span(kind="internal", parent=b"p" * 8, at=T0 + 61), span(kind="client", at=T0)]
    insert(warehouse, tmp_path, [traces(of_service("job", spans))], replayed={0})
    rows = warehouse.query(
        "SELECT service, toUInt32(slice), sum(spans) FROM holdfast_presence_1m GROUP BY ALL"
    )
    assert sorted(rows) == [("job", T0, 1), ("job", T0 + 60, 1)]
