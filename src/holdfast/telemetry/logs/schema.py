"""What Holdfast adds to the Collector exporter's `otel_logs`: narrow columns, a text index, and counts.

Lines are counted per service, severity, zone, version and 10 s as they are stored, so that a histogram or a
facet over millions of lines reads some thousand rows; their words are indexed, so that a rare one is found
without reading them.
"""

from holdfast.telemetry.logs.words import TEXT
from holdfast.telemetry.schema import Layout, table

_NAMED = {
    1: ("trace", "trc", "verbose"),
    2: ("debug", "dbg"),
    3: ("info", "inf", "information", "informational", "notice", "log"),
    4: ("warn", "warning", "wrn"),
    5: ("error", "err", "severe", "alert"),
    6: ("fatal", "critical", "crit", "emergency", "emerg", "panic"),
}
NAMED_LEVELS = {name: level for level, names in _NAMED.items() for name in names}
"""Levels of lines that tell their severity in words only, as senders write them."""

_WORDS, _LEVELS = list(NAMED_LEVELS), list(NAMED_LEVELS.values())

LEVEL = (
    "multiIf(SeverityNumber BETWEEN 1 AND 24, toUInt8(intDiv(SeverityNumber + 3, 4)), SeverityText = '', 0, "
    f"toUInt8(transform(lower(trimBoth(SeverityText)), {_WORDS}, {_LEVELS}, 0)))"
)
"""The level of a line: by its number (OpenTelemetry's ranges of four), or else by its words."""

LINE_HASH = (
    "cityHash64(ServiceName, Body, TraceId, SpanId, SeverityNumber, SeverityText, ScopeName, EventName, "
    "LogAttributes, ResourceAttributes)"
)
"""What tells lines of one instant apart; with the instant it is the id of a line, wherever it is read."""

_COLUMNS = (
    f"Level UInt8 MATERIALIZED {LEVEL} CODEC(ZSTD(1))",
    "Zone LowCardinality(String) MATERIALIZED ResourceAttributes['cloud.availability_zone'] CODEC(ZSTD(1))",
    "Version LowCardinality(String) MATERIALIZED ResourceAttributes['service.version'] CODEC(ZSTD(1))",
)

_FINE, _COARSE = "holdfast_logs_10s", "holdfast_logs_5m"
_DIMENSIONS = "Service, Level, Zone, Version"


def counts_table(grain_seconds: int) -> str:
    """Return the table whose slices are that wide, 10 or 300 seconds."""
    return {10: _FINE, 300: _COARSE}[grain_seconds]


def log_tables(layout: Layout) -> list[str]:
    """Return the statements of this step."""
    local = layout.stored("otel_logs")
    # A Distributed table is made like its local one, and does not follow it afterwards.
    tables = (local, f"{layout.database}.otel_logs") if layout.cluster else (local,)
    return [
        *(
            f"ALTER TABLE {name}{layout.on_cluster} ADD COLUMN IF NOT EXISTS {column}"
            for name in tables
            for column in _COLUMNS
        ),
        f"ALTER TABLE {local}{layout.on_cluster} ADD INDEX IF NOT EXISTS idx_holdfast_text lowerUTF8(Body) "
        "TYPE text(tokenizer = splitByNonAlpha)",
        *_counts(layout, _FINE, fine_select(layout.stored("otel_logs"))),
        *_counts(layout, _COARSE, _coarse_select(layout.stored(_FINE))),
        *_counted_since(layout),
    ]


def word_index(layout: Layout) -> list[str]:
    """Return the statements that index words without colour codes, and those of writings without spaces.

    Lines stored before are indexed in the background. Until then they are found as well, but read for it.
    """
    alter = f"ALTER TABLE {layout.stored('otel_logs')}{layout.on_cluster}"
    return [
        f"{alter} ADD INDEX IF NOT EXISTS idx_holdfast_words {TEXT} TYPE text(tokenizer = splitByNonAlpha)",
        f"{alter} DROP INDEX IF EXISTS idx_holdfast_text",
        f"{alter} MATERIALIZE INDEX IF EXISTS idx_holdfast_words",
    ]


def _counts(layout: Layout, name: str, select: str) -> list[str]:
    columns = (
        "Service LowCardinality(String), Level UInt8, Zone LowCardinality(String), "
        "Version LowCardinality(String), Slice DateTime('UTC') CODEC(Delta(4), ZSTD(1)), "
        "Lines UInt64 CODEC(T64, ZSTD(1))"
    )
    rest = (
        "PARTITION BY toYYYYMM(Slice) ORDER BY (Slice, Service, Level, Zone, Version) "
        f"TTL Slice + toIntervalDay({layout.retention_days}) {layout.settings()}"
    )
    view = (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {layout.database}.{name}_mv{layout.on_cluster} "
        f"TO {layout.stored(name)} AS {select}"
    )
    return [*table(layout, name, columns, engine=layout.engine("SummingMergeTree"), rest=rest), view]


def fine_select(logs: str) -> str:
    """Return the query that counts lines."""
    return (
        "SELECT ServiceName AS Service, Level, Zone, Version, "
        "toStartOfInterval(toDateTime(Timestamp, 'UTC'), INTERVAL 10 SECOND) AS Slice, count() AS Lines "
        f"FROM {logs} GROUP BY {_DIMENSIONS}, Slice"
    )


def _coarse_select(fine: str) -> str:
    return (
        f"SELECT {_DIMENSIONS}, toStartOfFiveMinutes(f.Slice) AS Slice, sum(f.Lines) AS Lines "
        f"FROM {fine} AS f GROUP BY {_DIMENSIONS}, Slice"
    )


def _counted_since(layout: Layout) -> list[str]:
    # Tables an exporter filled hold lines that were stored before anybody counted; ranges that reach back to
    # them are counted when they are asked for.
    name = f"{layout.database}.holdfast_logs_counted"
    engine = layout.engine("MergeTree", everywhere=True)
    return [
        f"CREATE TABLE IF NOT EXISTS {name}{layout.on_cluster} (since DateTime('UTC')) "
        f"ENGINE = {engine} ORDER BY since",
        f"INSERT INTO {name} SELECT if((SELECT count() FROM {layout.database}.otel_logs) = 0, "
        "toDateTime(0, 'UTC'), now('UTC'))",
    ]
