"""The statements with which the engine moves a segment into the tables.

Each is one `INSERT … SELECT` over the segment's messages, unfolded by `arrayJoin`. The same text runs on
chDB, which reads the file, and on a server, which receives the same bytes (`input`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.loading.otlp_format import (
    LOGS_STRUCTURE,
    TRACES_STRUCTURE,
    InputFormat,
    attribute_map,
    in_form,
    metrics_structure,
    schema,
    value_text,
)
from holdfast.telemetry.warehouse.loading.rows import structure
from holdfast.telemetry.warehouse.otel_tables import VALUE_INDEXES

_PROTOBUF: Mapping[str, object] = {
    "format_schema_source": "string",
    "format_schema_message_name": "Request",
    "input_format_protobuf_oneof_presence": 1,
}
# For a few hundred rows, optimising the query, its plan or its machine code costs more than it saves.
_REWRITES = (
    "optimize_and_compare_chain", "optimize_aggregators_of_group_by_keys",
    "optimize_arithmetic_operations_in_aggregate_functions", "optimize_dictget_tuple_element",
    "optimize_empty_string_comparisons", "optimize_extract_common_expressions",
    "optimize_functions_to_subcolumns", "optimize_group_by_constant_keys", "optimize_group_by_function_keys",
    "optimize_injective_functions_in_group_by", "optimize_injective_functions_inside_uniq",
    "optimize_inverse_dictionary_lookup", "optimize_multiif_to_if", "optimize_normalize_count_variants",
    "optimize_or_like_chain", "optimize_redundant_comparisons", "optimize_redundant_functions_in_order_by",
    "optimize_rewrite_aggregate_function_with_if", "optimize_rewrite_array_exists_to_has",
    "optimize_rewrite_has_to_in", "optimize_rewrite_like_perfect_affix", "optimize_rewrite_regexp_functions",
    "optimize_rewrite_sum_if_to_count_if", "optimize_syntax_fuse_functions",
    "optimize_time_filter_with_preimage", "optimize_uniq_to_count",
)  # fmt: skip
_LEAN: Mapping[str, object] = {
    **dict.fromkeys(_REWRITES, 0),
    "query_plan_enable_optimizations": 0,
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
}
_SETTINGS: Mapping[str, object] = {
    # Lists and maps become JSON, in which people search for paths as they know them: `/cart`, not `\\/cart`.
    "output_format_json_escape_forward_slashes": 0,
    # A replayed segment must be split into the same blocks to be deduplicated: one thread, and blocks so
    # large that a segment is one of them.
    "max_insert_threads": 1,
    "max_threads": 1,
    "max_block_size": 1_000_000,
    "min_insert_block_size_rows": 20_000_000,
    "min_insert_block_size_bytes": 4_000_000_000,
    "insert_deduplicate": 1,
    # The segment is deleted once the statement returns: by then its rows must be stored on every shard.
    "async_insert": 0,
    "distributed_foreground_insert": 1,
    "deduplicate_insert_select": "force_enable",
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "max_partitions_per_insert_block": 0,
}


@dataclass(frozen=True, slots=True)
class Insert:
    """One statement: `select` with `{source}` to fill in, the `structure` of the source, and its table.

    `kind` is the kind of metric it stores; empty for traces and logs.
    """

    table: str
    structure: str
    select: str
    columns: str
    kind: str = ""

    def structure_in(self, form: InputFormat) -> str:
        """Return the columns of the source."""
        if form is InputFormat.ROWS:
            return structure(self.columns)
        return in_form(self.structure, form)

    def sql(self, form: InputFormat, source: str) -> str:
        """Return the statement that reads `source`."""
        return f"INSERT INTO {self.table} ({self.columns}) {self.select_from(form, source)}"

    def select_from(self, form: InputFormat, source: str) -> str:
        """Return the query for the rows in `source`."""
        if form is InputFormat.ROWS:
            return f"SELECT * FROM {source}"
        return in_form(self.select, form).replace("{source}", source)

    def reading(self, form: InputFormat, source: str) -> str:
        """Return the statement that reads `source` as `sql` does, without storing it."""
        return (
            "INSERT INTO FUNCTION null('read UInt8') "
            f"SELECT ignore(*) FROM ({self.select_from(form, source)})"
        )


def inserts_for(signal: Signal, kinds: Collection[str] = ()) -> tuple[Insert, ...]:
    """Return the statements that store one segment of `signal`; each writes one table.

    A segment of metrics is read once per kind, so only the statements for its `kinds` are returned.
    """
    return tuple(one for one in _INSERTS[signal] if not one.kind or one.kind in kinds)


def insert_settings(signal: Signal, form: InputFormat, token: str) -> dict[str, object]:
    """Return the engine settings of an insert that may be repeated under the same `token`."""
    reading = _LEAN if form is InputFormat.ROWS else {**_PROTOBUF, "format_schema": schema(signal, form)}
    settings = {**_SETTINGS, **reading, "insert_deduplication_token": token}
    if signal is Signal.TRACES:
        # They would take about a tenth of an insert's time. Merges make them later; unmerged rows are few
        # enough to be read without.
        settings["exclude_materialize_skip_indexes_on_insert"] = ", ".join(VALUE_INDEXES)
    return settings


def read_settings(signal: Signal, form: InputFormat) -> dict[str, object]:
    """Return the engine settings of a read that stores nothing, so that nothing is deduplicated."""
    return {
        **insert_settings(signal, form, ""),
        "deduplicate_insert_select": "disable",
        "deduplicate_blocks_in_dependent_materialized_views": 0,
    }


_SERVICE = "if(resource_map['service.name'] = '', 'unknown_service', resource_map['service.name'])"
_SPAN_KIND = (
    "transform(i.kind, [1, 2, 3, 4, 5], ['Internal', 'Server', 'Client', 'Producer', "
    "'Consumer'], 'Unspecified')"
)


def _time(nanoseconds: str) -> str:
    # Times of events and exemplars, and starts of counters, may have any value, but none before 1970.
    return f"fromUnixTimestamp64Nano(toInt64(least({nanoseconds}, {2**63 - 1})))"


def _unfold(outer: str, middle: str, inner: str) -> str:
    """Return the SQL for one row per innermost element `i`, with its scope group `m` and its resource."""
    return (
        f"(SELECT resource_map, schema_url, m, arrayJoin(m.{inner}) AS i FROM "
        f"(SELECT resource_map, schema_url, arrayJoin(r.{middle}) AS m FROM "
        f"(SELECT {attribute_map('r.resource.attributes')} AS resource_map, {_schema_url(outer)} AS "
        f"schema_url, r "
        f"FROM (SELECT arrayJoin({outer}) AS r FROM {{source}}))))"
    )


def _schema_url(outer: str) -> str:
    return "''" if outer == "resource_spans" else "r.schema_url"


def _select(columns: Mapping[str, str], rows: str) -> tuple[str, str]:
    select = ", ".join(f"{expression} AS c{n}" for n, expression in enumerate(columns.values()))
    return ", ".join(f"`{name}`" for name in columns), f"SELECT {select} FROM {rows}"


_TRACE_COLUMNS = {
    "Timestamp": _time("i.start_time_unix_nano"),
    "TraceId": "lower(hex(i.trace_id))",
    "SpanId": "lower(hex(i.span_id))",
    "ParentSpanId": "lower(hex(i.parent_span_id))",
    "TraceState": "i.trace_state",
    "SpanName": "i.name",
    "SpanKind": _SPAN_KIND,
    "ServiceName": _SERVICE,
    "ResourceAttributes": "resource_map",
    "ScopeName": "m.scope.name",
    "ScopeVersion": "m.scope.version",
    "SpanAttributes": attribute_map("i.attributes"),
    # A span that ends before it starts comes from a stepped clock: it happened, with a duration of 0.
    "Duration": (
        "if(i.end_time_unix_nano > i.start_time_unix_nano, i.end_time_unix_nano - i.start_time_unix_nano, 0)"
    ),
    "StatusCode": "transform(i.status.code, [1, 2], ['Ok', 'Error'], 'Unset')",
    "StatusMessage": "i.status.message",
    "Events.Timestamp": f"arrayMap(e -> {_time('e.time_unix_nano')}, i.events)",
    "Events.Name": "arrayMap(e -> e.name, i.events)",
    "Events.Attributes": f"arrayMap(e -> {attribute_map('e.attributes')}, i.events)",
    "Links.TraceId": "arrayMap(l -> lower(hex(l.trace_id)), i.links)",
    "Links.SpanId": "arrayMap(l -> lower(hex(l.span_id)), i.links)",
    "Links.TraceState": "arrayMap(l -> l.trace_state, i.links)",
    "Links.Attributes": f"arrayMap(l -> {attribute_map('l.attributes')}, i.links)",
}

_LOG_COLUMNS = {
    # A record without a time of its own happened when it was observed (OpenTelemetry logs data model).
    "Timestamp": _time("if(i.time_unix_nano = 0, i.observed_time_unix_nano, i.time_unix_nano)"),
    "TraceId": "lower(hex(i.trace_id))",
    "SpanId": "lower(hex(i.span_id))",
    "TraceFlags": "toUInt8(bitAnd(i.flags, 255))",
    "SeverityText": "i.severity_text",
    # A number OpenTelemetry does not define must not become a defined one by losing its upper bits.
    "SeverityNumber": "toUInt8(if(i.severity_number BETWEEN 0 AND 255, i.severity_number, 0))",
    "ServiceName": _SERVICE,
    "Body": value_text("i.body"),
    "ResourceSchemaUrl": "schema_url",
    "ResourceAttributes": "resource_map",
    "ScopeSchemaUrl": "m.schema_url",
    "ScopeName": "m.scope.name",
    "ScopeVersion": "m.scope.version",
    "ScopeAttributes": attribute_map("m.scope.attributes"),
    "LogAttributes": attribute_map("i.attributes"),
    "EventName": "i.event_name",
}

_METRIC_COLUMNS = {
    "ResourceAttributes": "resource_map",
    "ResourceSchemaUrl": "schema_url",
    "ScopeName": "m.scope.name",
    "ScopeVersion": "m.scope.version",
    "ScopeAttributes": attribute_map("m.scope.attributes"),
    "ScopeDroppedAttrCount": "m.scope.dropped_attributes_count",
    "ScopeSchemaUrl": "m.schema_url",
    "ServiceName": _SERVICE,
    "MetricName": "i.name",
    "MetricDescription": "i.description",
    "MetricUnit": "i.unit",
    "Attributes": attribute_map("p.attributes"),
    "StartTimeUnix": _time("p.start_time_unix_nano"),
    "TimeUnix": _time("p.time_unix_nano"),
    "Flags": "p.flags",
}
_EXEMPLAR_COLUMNS = {
    "Exemplars.FilteredAttributes": f"arrayMap(e -> {attribute_map('e.filtered_attributes')}, p.exemplars)",
    "Exemplars.TimeUnix": f"arrayMap(e -> {_time('e.time_unix_nano')}, p.exemplars)",
    "Exemplars.Value": "arrayMap(e -> e.as_double + e.as_int, p.exemplars)",
    "Exemplars.SpanId": "arrayMap(e -> lower(hex(e.span_id)), p.exemplars)",
    "Exemplars.TraceId": "arrayMap(e -> lower(hex(e.trace_id)), p.exemplars)",
}
_COUNTED = {"Count": "p.count", "Sum": "p.sum"}
_EXTREMES = {"Min": "p.min", "Max": "p.max"}


def _metric_columns(kind: str) -> dict[str, str]:
    temporality = {"AggregationTemporality": f"i.{kind}.aggregation_temporality"}
    # A point holds either a double or an integer; the other one is zero.
    number = {"Value": "p.as_double + p.as_int", **_EXEMPLAR_COLUMNS}
    special: dict[str, dict[str, str]] = {
        "gauge": number,
        "sum": {**number, **temporality, "IsMonotonic": "i.sum.is_monotonic"},
        "histogram": {
            **_COUNTED,
            **_EXTREMES,
            **_EXEMPLAR_COLUMNS,
            **temporality,
            "BucketCounts": "p.bucket_counts",
            "ExplicitBounds": "p.explicit_bounds",
        },
        "exponential_histogram": {
            **_COUNTED,
            **_EXTREMES,
            **_EXEMPLAR_COLUMNS,
            **temporality,
            "Scale": "p.scale",
            "ZeroCount": "p.zero_count",
            "PositiveOffset": "p.positive.offset",
            "PositiveBucketCounts": "p.positive.bucket_counts",
            "NegativeOffset": "p.negative.offset",
            "NegativeBucketCounts": "p.negative.bucket_counts",
        },
        "summary": {
            **_COUNTED,
            "ValueAtQuantiles.Quantile": "arrayMap(q -> q.quantile, p.quantile_values)",
            "ValueAtQuantiles.Value": "arrayMap(q -> q.value, p.quantile_values)",
        },
    }
    return {**_METRIC_COLUMNS, **special[kind]}


_METRIC_KINDS = {
    "gauge": "otel_metrics_gauge",
    "sum": "otel_metrics_sum",
    "histogram": "otel_metrics_histogram",
    "exponential_histogram": "otel_metrics_exp_histogram",
    "summary": "otel_metrics_summary",
}


def _metric_insert(kind: str, table: str) -> Insert:
    metrics = _unfold("resource_metrics", "scope_metrics", "metrics")
    points = f"(SELECT resource_map, schema_url, m, i, arrayJoin(i.{kind}.data_points) AS p FROM {metrics})"
    columns, select = _select(_metric_columns(kind), points)
    return Insert(table, metrics_structure(kind), select, columns, kind)


def _insert(table: str, structure: str, columns: Mapping[str, str], rows: str) -> Insert:
    names, select = _select(columns, rows)
    return Insert(table, structure, select, names)


_INSERTS = {
    Signal.TRACES: (
        _insert(
            "otel_traces", TRACES_STRUCTURE, _TRACE_COLUMNS, _unfold("resource_spans", "scope_spans", "spans")
        ),
    ),
    Signal.LOGS: (
        _insert(
            "otel_logs", LOGS_STRUCTURE, _LOG_COLUMNS, _unfold("resource_logs", "scope_logs", "log_records")
        ),
    ),
    Signal.METRICS: tuple(_metric_insert(kind, table) for kind, table in _METRIC_KINDS.items()),
}
