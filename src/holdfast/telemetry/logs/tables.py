"""Additions to the Collector exporter's `otel_logs`: narrow columns, a text index, and counts.

Lines are counted per service, severity, zone, version, environment, namespace, region and 10 s as they are
stored, so that a histogram or a facet over millions of lines reads some thousand rows; their words are
indexed, so that a rare word is found without reading the lines.
"""

from holdfast.telemetry.identity.columns import PLACED, PLACED_COLUMNS
from holdfast.telemetry.identity.senders import SENDER_COLUMN
from holdfast.telemetry.logs.words import TEXT
from holdfast.telemetry.warehouse.layout import Layout, control_table, table, view, view_changed, widened

_NAMED = {
    1: ("trace", "trc", "verbose"),
    2: ("debug", "dbg"),
    3: ("info", "inf", "information", "informational", "notice", "log"),
    4: ("warn", "warning", "wrn"),
    5: ("error", "err", "severe", "alert"),
    6: ("fatal", "critical", "crit", "emergency", "emerg", "panic"),
}
NAMED_LEVELS = {name: level for level, names in _NAMED.items() for name in names}
"""Levels of lines whose severity is only a text, by the texts that senders write."""

_WORDS, _LEVELS = list(NAMED_LEVELS), list(NAMED_LEVELS.values())

LEVEL = (
    "multiIf(SeverityNumber BETWEEN 1 AND 24, toUInt8(intDiv(SeverityNumber + 3, 4)), SeverityText = '', 0, "
    f"toUInt8(transform(lower(trimBoth(SeverityText)), {_WORDS}, {_LEVELS}, 0)))"
)
"""The level of a line: from its number (OpenTelemetry's ranges of four), or else from its text."""

LINE_HASH = (
    "cityHash64(ServiceName, Body, TraceId, SpanId, SeverityNumber, SeverityText, ScopeName, EventName, "
    "LogAttributes, ResourceAttributes)"
)
"""Distinguishes lines of one instant; with the instant it is the stable id of a line."""

_COLUMNS = (
    f"Level UInt8 MATERIALIZED {LEVEL} CODEC(ZSTD(1))",
    "Zone LowCardinality(String) MATERIALIZED ResourceAttributes['cloud.availability_zone'] CODEC(ZSTD(1))",
    "Version LowCardinality(String) MATERIALIZED ResourceAttributes['service.version'] CODEC(ZSTD(1))",
)

_FINE, _COARSE = "holdfast_logs_10s", "holdfast_logs_5m"
_DIMENSIONS = "Service, Level, Zone, Version"
_PLACED_DIMENSIONS = ", ".join((_DIMENSIONS, *PLACED))
_KEY = f"Slice, {_DIMENSIONS}"
PLACES_COUNTED = "holdfast_logs_places_counted"
"""The table with the instant since which lines are counted by environment, namespace and region."""


def counts_table(grain_seconds: int) -> str:
    """Return the table with slices of this width, 10 or 300 seconds."""
    return {10: _FINE, 300: _COARSE}[grain_seconds]


def log_tables(layout: Layout) -> list[str]:
    """Return the statements of this step."""
    local = layout.stored("otel_logs")
    # A Distributed table is created like its local one, but does not follow its later changes.
    return [
        *widened(layout, "otel_logs", _COLUMNS),
        f"ALTER TABLE {local}{layout.on_cluster} ADD INDEX IF NOT EXISTS idx_holdfast_text lowerUTF8(Body) "
        "TYPE text(tokenizer = splitByNonAlpha)",
        *_counts(layout, _FINE, _fine_select(layout.stored("otel_logs"), _DIMENSIONS)),
        *_counts(layout, _COARSE, _coarse_select(layout.stored(_FINE), _DIMENSIONS)),
        *_counted_since(layout, "holdfast_logs_counted", "now('UTC')"),
    ]


def word_index(layout: Layout) -> list[str]:
    """Return the statements that index words without colour codes, and words of scripts without spaces.

    Lines stored before are indexed in the background. Until then they are found by reading them.
    """
    alter = f"ALTER TABLE {layout.stored('otel_logs')}{layout.on_cluster}"
    return [
        f"{alter} ADD INDEX IF NOT EXISTS idx_holdfast_words {TEXT} TYPE text(tokenizer = splitByNonAlpha), "
        "DROP INDEX IF EXISTS idx_holdfast_text",
        f"{alter} MATERIALIZE INDEX IF EXISTS idx_holdfast_words",
    ]


def placed_counts(layout: Layout) -> list[str]:
    """Return the statements that add where services run to the counts, from now on; older rows have none."""
    key = ", ".join((_KEY, *PLACED))
    logs, fine = layout.stored("otel_logs"), layout.stored(_FINE)
    return [
        *widened(layout, _FINE, PLACED_COLUMNS, key=key),
        *widened(layout, _COARSE, PLACED_COLUMNS, key=key),
        view_changed(layout, _FINE, _fine_select(logs, _PLACED_DIMENSIONS)),
        view_changed(layout, _COARSE, _coarse_select(fine, _PLACED_DIMENSIONS)),
        # The five minutes in which this step runs have rows of both kinds.
        *_counted_since(layout, PLACES_COUNTED, "toStartOfFiveMinutes(now('UTC')) + 300"),
    ]


def senders_of_lines(layout: Layout) -> list[str]:
    """Return the statements that name lines without a service by their machine; new ones are counted so."""
    fine = _fine_select(layout.stored("otel_logs"), _PLACED_DIMENSIONS, service="Sender")
    return [*widened(layout, "otel_logs", (SENDER_COLUMN,)), view_changed(layout, _FINE, fine)]


def _counts(layout: Layout, name: str, select: str) -> list[str]:
    columns = (
        "Service LowCardinality(String), Level UInt8, Zone LowCardinality(String), "
        "Version LowCardinality(String), Slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), "
        "Lines UInt64 CODEC(T64, ZSTD(1))"
    )
    rest = (
        f"PARTITION BY toYYYYMM(Slice) ORDER BY ({_KEY}) "
        f"TTL Slice + toIntervalDay({layout.retention_days}) {layout.settings()}"
    )
    engine = layout.engine("SummingMergeTree")
    return [*table(layout, name, columns, engine=engine, rest=rest), view(layout, name, select)]


def _fine_select(logs: str, dimensions: str, *, service: str = "ServiceName") -> str:
    return (
        f"SELECT {dimensions.replace('Service', f'{service} AS Service', 1)}, "
        "toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 SECOND) AS Slice, count() AS Lines "
        f"FROM {logs} GROUP BY {dimensions}, Slice"
    )


def _coarse_select(fine: str, dimensions: str) -> str:
    return (
        f"SELECT {dimensions}, toStartOfFiveMinutes(f.Slice) AS Slice, sum(f.Lines) AS Lines "
        f"FROM {fine} AS f GROUP BY {dimensions}, Slice"
    )


def _counted_since(layout: Layout, name: str, instant: str) -> list[str]:
    # Tables may have lines from before the counts; ranges that reach back to them are counted when queried.
    return [
        control_table(layout, name, "since DateTime('UTC')", "since"),
        f"INSERT INTO {layout.database}.{name} SELECT if((SELECT count() FROM "
        f"{layout.database}.otel_logs) = 0, toDateTime(0, 'UTC'), {instant})",
    ]
