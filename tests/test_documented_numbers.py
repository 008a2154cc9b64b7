"""Every number that a document states, as a literal: the constant and the page change together or not at all.

Why: a test that computes its expectation from the constant under test passes whatever the constant is.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from tests.objectives.cases import an_objective

from holdfast.catalog import alerts, directory, fields, reading
from holdfast.catalog import service as catalog_service
from holdfast.catalog.openslo import lints, slos, sources
from holdfast.changes import service as changes
from holdfast.incidents import grouping
from holdfast.incidents import service as incidents
from holdfast.objectives import budget, coverage, series, snapshots
from holdfast.objectives import service as objectives
from holdfast.objectives.alerting import chance, condition
from holdfast.objectives.alerting.burn import SHOWN_WINDOWS, tiers_of
from holdfast.objectives.bad_events import evidence
from holdfast.objectives.model import SLICE
from holdfast.runtime import access, agenda, attempts, pages, replies, timerange
from holdfast.telemetry.counting import slo_counters
from holdfast.telemetry.intake import watermark
from holdfast.telemetry.intake.limits import ConnectionLimits, IntakeLimits
from holdfast.telemetry.intake.otlp import large_bodies, requests, weight
from holdfast.telemetry.servicemap import joining, sides
from holdfast.telemetry.services import tables as red
from holdfast.telemetry.spans import latency_buckets, slices
from holdfast.telemetry.traces import store as traces
from holdfast.telemetry.warehouse import name_caps
from holdfast.telemetry.warehouse.layout import Layout

DOCS = Path(__file__).parents[1] / "docs"
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86_400))
MIB, GIB = 1_048_576, 1_073_741_824
LIMITS, CONNECTIONS, CAPS = IntakeLimits(), ConnectionLimits(), name_caps.NAME_CAPS


@cache
def _text(document: str) -> str:
    return re.sub(r"\s+", " ", (DOCS / f"{document}.md").read_text())


def _thresholds(days: int) -> list[Fraction]:
    return [tier.threshold for tier in tiers_of(an_objective(window=days * DAY))]


def _default_alerts() -> list[tuple[str, Fraction, timedelta, timedelta]]:
    return [(one.severity.value, one.budget_share, one.long, one.short) for one in alerts.DEFAULT_ALERTS]


OBJECTIVES: list[tuple[str, Callable[[], object], object]] = [
    ("slices of ten seconds", lambda: SLICE, 10 * SECOND),
    ("| 2% in 1 hour | 1 h and 5 min | 13.44 | 3.36 |", lambda: _thresholds(28)[0], Fraction(1344, 100)),
    ("| 5% in 6 hours | 6 h and 30 min | 5.6 | 1.4 |", lambda: _thresholds(28)[1], Fraction(56, 10)),
    ("| 10% in 1 day | 1 d and 2 h | 2.8 |", lambda: _thresholds(28)[2], Fraction(28, 10)),
    ("| 10% in 3 days | 3 d and 6 h | 0.93 |", lambda: _thresholds(28)[3], Fraction(14, 15)),
    ("| 13.44 | 3.36 |", lambda: _thresholds(7)[:2], [Fraction(336, 100), Fraction(14, 10)]),
    (
        "2% in 1 hour",
        _default_alerts,
        [
            ("page", Fraction(2, 100), HOUR, 5 * MINUTE),
            ("page", Fraction(5, 100), 6 * HOUR, 30 * MINUTE),
            ("ticket", Fraction(10, 100), DAY, 2 * HOUR),
            ("ticket", Fraction(10, 100), 3 * DAY, 6 * HOUR),
        ],
    ),
    ("below 0.9", lambda: alerts.LOWEST_THRESHOLD, Fraction(9, 10)),
    ("two bad events at least", lambda: chance.FEWEST_BAD, 2),
    ("once in a thousand", lambda: chance.CHANCE, 0.001),
    ("a fifth of the short window", lambda: condition.QUIET_SHARE, 5),
    ("half of the window", lambda: budget.MEASURED_ENOUGH, Fraction(1, 2)),
    ("two whole minutes", lambda: coverage.BACK_AFTER, 2 * MINUTE),
    ("within 10 minutes of an opening", lambda: grouping.WAITS_WITHIN, 10 * MINUTE),
    ("at most 20 s", lambda: grouping.WAIT_MOST, 20 * SECOND),
    ("every 30 s", lambda: incidents.REFRESH_EVERY, 30 * SECOND),
    ("up to 100 bad events", lambda: evidence.SAMPLE, 100),
]

DECISIONS: list[tuple[str, str, Callable[[], object], object]] = [
    ("no-data", "(0.9)", lambda: an_objective().coverage_floor, Fraction(9, 10)),
    ("no-data", "last ten whole minutes", lambda: coverage.RECENT, 10 * MINUTE),
    ("no-data", "more than two minutes behind", lambda: snapshots.PATIENCE, 2 * MINUTE),
    ("agenda-and-clock", "more than five seconds", lambda: agenda.SKEW, 5 * SECOND),
    ("agenda-and-clock", "lease of a minute", lambda: agenda.LEASE, MINUTE),
    ("agenda-and-clock", "up to fifteen minutes", lambda: agenda.RUN_MOST, 15 * MINUTE),
    ("access", "24 hours", lambda: access.SESSION_IDLE, 24 * HOUR),
    ("access", "seven days", lambda: access.SESSION_LIFE, 7 * DAY),
    ("access", "at most two seconds more", lambda: access.REMEMBERED_SECONDS, 2.0),
    ("access", "After five an address", lambda: attempts.TRIES, 5),
    ("access", "up to 60 s", lambda: attempts.WAIT_MOST_SECONDS, 60),
    ("access", "over 300 a minute", lambda: (attempts.TOTAL_MOST, attempts.TOTAL_SECONDS), (300, 60.0)),
    ("access", "100 entries an hour", lambda: (attempts.NOTED_MOST, attempts.NOTED_SECONDS), (100, 3600.0)),
    ("service-map", "six hours late", lambda: sides.SIDES_KEPT_HOURS, 6),
    ("service-map", "half a minute before", lambda: joining.SKEW_SECONDS, 30),
    ("service-map", "over a minute after", lambda: (joining.BEFORE_SECONDS, joining.AFTER_SECONDS), (60, 60)),
    ("service-map", "ten seconds", lambda: watermark.LATENESS, 10 * SECOND),
    ("repeated-requests", "ten minutes", lambda: LIMITS.repeats_seconds, 600.0),
    ("repeated-requests", "200,000", lambda: LIMITS.repeats_count, 200_000),
]

REFERENCE: list[tuple[str, str, Callable[[], object], object]] = [
    ("telemetry", "| 30, or `HOLDFAST_RETENTION_DAYS` |", lambda: Layout().retention_days, 30),
    ("telemetry", "SLO counters in 1 h | 400 |", lambda: slo_counters.COUNTER_SLICES["1h"], 400),
    ("telemetry", "RED and the map in 5 min", lambda: red.RED_COARSE_DAYS, 400),
    ("telemetry", "SLO counters in 1 min, presence | 45 |", lambda: slo_counters.COUNTER_SLICES["1m"], 45),
    ("telemetry", "presence | 45 |", lambda: snapshots.PRESENCE_KEPT, 45 * DAY),
    ("telemetry", "SLO counters in 1 min", lambda: series.MINUTES_KEPT, 3_888_000),
    ("telemetry", "SLO counters in 10 s | 2 |", lambda: slo_counters.COUNTER_SLICES["10s"], 2),
    ("telemetry", "SLO counters in 10 s | 2 |", lambda: series.TEN_SECONDS_KEPT, 172_800),
    ("telemetry", "up to twelve hours", lambda: slices.FINE_RANGE_SECONDS, 43_200),
    ("telemetry", "eight to each doubling", lambda: latency_buckets.BUCKETS_PER_OCTAVE, 8),
    ("telemetry", "an hour back", lambda: joining.LINKED_SECONDS, 3600),
    ("limits", "| services | 5,000 |", lambda: (CAPS.service.each, CAPS.service.total), (5_000, 5_000)),
    (
        "limits",
        "500 of one service, 50,000 in all",
        lambda: (CAPS.operation.each, CAPS.operation.total),
        (500, 50_000),
    ),
    ("limits", "200 of one service, 20,000 in all", lambda: (CAPS.peer.each, CAPS.peer.total), (200, 20_000)),
    ("limits", "| zones | 500 |", lambda: (CAPS.zone.each, CAPS.zone.total), (500, 500)),
    ("limits", "50 are listed", lambda: (CAPS.version.each, CAPS.version.total), (200, 20_000)),
    ("limits", "| metrics | 10,000 |", lambda: CAPS.metric.total, 10_000),
    ("limits", "by zone and version | 10,000 |", lambda: CAPS.map_edges, 10_000),
    ("limits", "500, and 900,000 bytes", lambda: (CAPS.map_nodes, CAPS.map_bytes), (500, 900_000)),
    ("limits", "| 100,000 |", lambda: CAPS.values, 100_000),
    ("limits", "| 1,000 | the item", lambda: LIMITS.attributes, 1_000),
    ("limits", "more than 300 bytes", lambda: name_caps.LENGTH_MOST, 300),
    ("limits", "1,000,000 bytes", lambda: pages.PAGE_BYTES, 1_000_000),
    ("limits", "10,000 spans", lambda: traces.TRACE_SPANS_MOST, 10_000),
    ("limits", "8,000,000 bytes", lambda: traces.TRACE_BYTES_MOST, 8_000_000),
    ("otlp", "over 64 MiB after", lambda: LIMITS.body_bytes, 64 * MIB),
    ("otlp", "over 256 MiB", lambda: weight.UNFOLDED_MOST, 256 * MIB),
    ("otlp", "over 64 KiB", lambda: CONNECTIONS.head_bytes, 65_536),
    ("otlp", "stopped for 30 s", lambda: LIMITS.body_seconds, 30.0),
    ("otlp", "within 10 s", lambda: CONNECTIONS.head_seconds, 10.0),
    ("otlp", "1,000 connections", lambda: CONNECTIONS.connections, 1_000),
    ("otlp", "retention (30 days)", lambda: LIMITS.retention, 30 * DAY),
    ("otlp", "more than 10 minutes", lambda: LIMITS.lead, 10 * MINUTE),
    ("otlp", "in a body over 2 MiB", lambda: large_bodies.LARGE_BYTES, 2 * MIB),
    ("otlp", "protobuf's 100 messages", lambda: requests.DEEPEST_MESSAGES, 100),
    ("configuration", "Default: 4294967296.", lambda: LIMITS.spool_bytes, 4 * GIB),
    ("configuration", "Default: 67108864.", lambda: LIMITS.body_bytes, 67_108_864),
    ("catalog", "at most 63 characters", lambda: fields.NAME_CHARACTERS, 63),
    ("catalog", "between `1h` and `400d`", lambda: (slos.WINDOW_LEAST, slos.WINDOW_MOST), (HOUR, 400 * DAY)),
    ("catalog", "at most 40 characters", lambda: slos.NOUN_CHARACTERS, 40),
    ("catalog", "at most `24h`", lambda: sources.SPAN_DURATION_MOST_NANOSECONDS, 86_400_000_000_000),
    ("catalog", "1 MiB per file", lambda: (reading.FILE_CHARACTERS, directory.FILE_BYTES_MOST), (MIB, MIB)),
    ("catalog", "2,000 files", lambda: (catalog_service.FILES_MOST, directory.FILES_MOST), (2_000, 2_000)),
    ("catalog", "2,000 documents per file", lambda: reading.DOCUMENTS_PER_FILE, 2_000),
    ("catalog", "24 levels", lambda: reading.DEPTH_MOST, 24),
    ("catalog", "20,000 values", lambda: reading.NODES_PER_DOCUMENT, 20_000),
    ("catalog", "6 million characters", lambda: catalog_service.CHARACTERS_MOST, 6_000_000),
    ("catalog", "under 7 days", lambda: lints.WINDOW_SHORT, 7 * DAY),
]

STATED = [
    *(("guide/objectives", *row) for row in OBJECTIVES),
    *((f"decisions/{row[0]}", *row[1:]) for row in DECISIONS),
    *((f"reference/{row[0]}", *row[1:]) for row in REFERENCE),
]


@pytest.mark.parametrize(("document", "words", "found", "number"), STATED)
def test_a_number_is_what_its_document_says(
    document: str, words: str, found: Callable[[], object], number: object
) -> None:
    """The document holds the words, and the constant is the number they stand for."""
    assert words in _text(document)
    assert found() == number


@pytest.mark.parametrize(
    ("found", "number"),
    [
        (SHOWN_WINDOWS, (5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY)),
        (_thresholds(30), [Fraction(144, 10), 6, 3, 1]),
        (objectives.TICK_SECONDS, 10),
        (incidents.BEFORE_ONSET, 30 * MINUTE),
        (incidents.LATE_SPANS, MINUTE),
        (changes.FUTURE_MOST, 5 * MINUTE),
        (timerange.LONGEST, 400 * DAY),
        (replies.KEPT, 24 * HOUR),
        (series.BURN_WINDOWS, (HOUR, 6 * HOUR)),
        ((agenda.RETRY_BASE, agenda.RETRY_MOST), (5 * SECOND, 5 * MINUTE)),
        ((agenda.OVERDUE_AFTER, agenda.FAILED_ATTEMPTS), (MINUTE, 3)),
    ],
)
def test_a_number_that_only_the_code_states_is_stated_here_too(found: object, number: object) -> None:
    """The workbook's thresholds for 30 days, windows that are shown, and what clients come to rely on."""
    assert found == number
