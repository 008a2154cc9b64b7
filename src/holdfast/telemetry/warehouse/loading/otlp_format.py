"""The schemas with which the engine reads a spool segment itself: OTLP's messages, reduced.

A segment is a sequence of length-delimited `Export…ServiceRequest` messages, exactly what the engine's
`Protobuf` format reads. The schemas here keep OTLP's field numbers (opentelemetry-proto v1.11) and omit
fields that are not stored. Python never touches a span: it names the file and the engine does the rest.

Attribute values may nest in OTLP. The engine reads lists and maps of plain values; in a segment with deeper
ones, those are first converted to text (`unnesting`).
"""

from enum import Enum
from importlib.resources import files

from holdfast.telemetry.model import Signal

NESTED_FOUND = "nested attribute values"
"""The engine's error for values nested deeper than the input format allows."""


class NestedFound(Exception):
    """The engine met values nested deeper than the input format allows; nothing was stored."""


class InputFormat(Enum):
    """The format in which the engine reads a segment's attribute values.

    Nearly all values are scalars. Reading them as `PLAIN` takes a third less time than allowing lists and
    maps, so it is tried first; a segment with nested values is refused as a whole and read as `NESTED`. If it
    holds lists or maps inside those, it is refused again: as `DEEP`, the engine reads a copy in which they
    are text. A small segment is passed as `ROWS`, unfolded already: see `rows`.
    """

    ROWS = "rows"
    PLAIN = "plain"
    NESTED = "nested"
    DEEP = "deep"

    def deeper(self) -> "InputFormat":
        """Return the format that reads what this one refuses; the last one reads everything."""
        return InputFormat.NESTED if self is InputFormat.PLAIN else InputFormat.DEEP


_SCALARS = "string_value String, bool_value Bool, int_value Int64, double_value Float64, bytes_value String"
_KINDS = (
    "value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4, "
    "'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7)"
)
_LEAF = f"{_SCALARS}, array_value String, kvlist_value String, {_KINDS}"
_NESTED_COLUMNS = (
    f"array_value Tuple(values Nested({_LEAF})), "
    f"kvlist_value Tuple(values Nested(key String, value Tuple({_LEAF}))), "
)
_VALUE = f"Tuple({_SCALARS}, {_NESTED_COLUMNS}{_KINDS})"
_PAIRS = f"Nested(key String, value {_VALUE})"
_RESOURCE = f"resource Tuple(attributes {_PAIRS})"
_SCOPE = f"scope Tuple(name String, version String, attributes {_PAIRS}, dropped_attributes_count UInt32)"

_SPAN = (
    "trace_id String, span_id String, trace_state String, parent_span_id String, name String, kind Int32, "
    f"start_time_unix_nano UInt64, end_time_unix_nano UInt64, attributes {_PAIRS}, "
    f"events Nested(time_unix_nano UInt64, name String, attributes {_PAIRS}), "
    f"links Nested(trace_id String, span_id String, trace_state String, attributes {_PAIRS}), "
    "status Tuple(message String, code Int32)"
)
TRACES_STRUCTURE = f"resource_spans Nested({_RESOURCE}, scope_spans Nested({_SCOPE}, spans Nested({_SPAN})))"

_RECORD = (
    f"time_unix_nano UInt64, severity_number Int32, severity_text String, body {_VALUE}, attributes "
    f"{_PAIRS}, "
    "flags UInt32, trace_id String, span_id String, observed_time_unix_nano UInt64, event_name String"
)
LOGS_STRUCTURE = (
    f"resource_logs Nested({_RESOURCE}, scope_logs Nested({_SCOPE}, log_records Nested({_RECORD}), "
    "schema_url String), schema_url String)"
)

_TIMES = "start_time_unix_nano UInt64, time_unix_nano UInt64"
_EXEMPLARS = (
    "exemplars Nested(time_unix_nano UInt64, as_double Float64, span_id String, trace_id String, "
    f"as_int Int64, filtered_attributes {_PAIRS})"
)
_POINTS = {
    "gauge": f"{_TIMES}, as_double Float64, {_EXEMPLARS}, as_int Int64, attributes {_PAIRS}, flags UInt32",
    "histogram": (
        f"{_TIMES}, count UInt64, sum Float64, bucket_counts Array(UInt64), explicit_bounds Array(Float64), "
        f"{_EXEMPLARS}, attributes {_PAIRS}, flags UInt32, min Float64, max Float64"
    ),
    "exponential_histogram": (
        f"attributes {_PAIRS}, {_TIMES}, count UInt64, sum Float64, scale Int32, zero_count UInt64, "
        "positive Tuple(offset Int32, bucket_counts Array(UInt64)), "
        f"negative Tuple(offset Int32, bucket_counts Array(UInt64)), flags UInt32, {_EXEMPLARS}, "
        "min Float64, max Float64"
    ),
    "summary": (
        f"{_TIMES}, count UInt64, sum Float64, quantile_values Nested(quantile Float64, value Float64), "
        f"attributes {_PAIRS}, flags UInt32"
    ),
}
_POINTS["sum"] = _POINTS["gauge"]
_METRIC_EXTRAS = {
    "gauge": "",
    "sum": ", aggregation_temporality Int32, is_monotonic Bool",
    "histogram": ", aggregation_temporality Int32",
    "exponential_histogram": ", aggregation_temporality Int32",
    "summary": "",
}

_WIRE = files("holdfast.telemetry.warehouse.loading") / "wire"


def _schema(signal: Signal) -> str:
    parts = (_WIRE / f"{name}.proto" for name in ("values", signal.value))
    return 'syntax = "proto3";\n' + "".join(part.read_text(encoding="utf-8") for part in parts)


_SCHEMAS = {signal: _schema(signal) for signal in Signal}


def metrics_structure(kind: str) -> str:
    """Return the columns of a metrics request, with the points of one kind only."""
    metric = (
        "name String, description String, unit String, "
        f"{kind} Tuple(data_points Nested({_POINTS[kind]}){_METRIC_EXTRAS[kind]})"
    )
    return (
        f"resource_metrics Nested({_RESOURCE}, scope_metrics Nested({_SCOPE}, metrics Nested({metric}), "
        "schema_url String), schema_url String)"
    )


_LEAF_JSON = (
    "multiIf({v}.value = 'string_value', toJSONString({v}.string_value), {v}.value = 'int_value', "
    "toString({v}.int_value), {v}.value = 'bool_value', if({v}.bool_value, 'true', 'false'), "
    # JSON has no infinity: toJSONString makes it null.
    "{v}.value = 'double_value', toJSONString({v}.double_value), {v}.value = 'bytes_value', "
    "toJSONString(base64Encode({v}.bytes_value)), "
    f"if(throwIf({{v}}.value IN ('array_value', 'kvlist_value'), '{NESTED_FOUND}') = 0, 'null', 'null'))"
)
_LIST_JSON = (
    "concat('[', arrayStringConcat(arrayMap(x -> " + _LEAF_JSON.format(v="x") + ", {list}.values), ','), ']')"
)
_MAP_JSON = (
    "concat('{{', arrayStringConcat(arrayMap(x -> concat(toJSONString(x.key), ':', "
    + _LEAF_JSON.format(v="x.value")
    + "), {map}.values), ','), '}}')"
)
# The subcolumns are separate arguments because picking them from a tuple inside a lambda takes a third of the
# insert's time; strings come first because nearly all attributes are strings.
_TEXT = (
    "if(t = 'string_value', s, multiIf(t = 'int_value', toString(n), t = 'bool_value', if(b, 'true', "
    "'false'), "
    "t = 'double_value', toString(d), t = 'bytes_value', base64Encode(y), "
    f"t = 'array_value', {_LIST_JSON.format(list='l')}, t = 'kvlist_value', {_MAP_JSON.format(map='m')}, ''))"
)
# Replaces it when no value is expected to be nested: a fifth of the work for the engine's analyser.
_PLAIN_TEXT = (
    "if(t = 'string_value', s, multiIf(t = 'int_value', toString(n), "
    "t = 'bool_value', if(b, 'true', 'false'), "
    "t = 'double_value', toString(d), t = 'bytes_value', base64Encode(y), "
    f"if(throwIf(t IN ('array_value', 'kvlist_value'), '{NESTED_FOUND}') = 0, '', '')))"
)
_FIELDS = {
    "t": "value",
    "s": "string_value",
    "n": "int_value",
    "b": "bool_value",
    "d": "double_value",
    "y": "bytes_value",
    "l": "array_value",
    "m": "kvlist_value",
}


def value_text(value: str) -> str:
    """Return the expression that writes one OTLP value as text; lists and maps become JSON."""
    arguments = ", ".join(f"[{value}.{field}]" for field in _FIELDS.values())
    return f"arrayMap(({', '.join(_FIELDS)}) -> {_TEXT}, {arguments})[1]"


def attribute_map(pairs: str) -> str:
    """Return the expression that turns OTLP key/value pairs into the stored map."""
    arguments = ", ".join(f"{pairs}.value.{field}" for field in _FIELDS.values())
    texts = f"arrayMap(({', '.join(_FIELDS)}) -> {_TEXT}, {arguments})"
    return f"CAST(mapFromArrays({pairs}.key, {texts}), 'Map(LowCardinality(String), String)')"


def in_form(sql: str, form: InputFormat) -> str:
    """Return a structure or a SELECT, written for nested values, in another input format."""
    if form is not InputFormat.PLAIN:
        return sql
    return sql.replace(_NESTED_COLUMNS, "array_value String, kvlist_value String, ").replace(
        _TEXT, _PLAIN_TEXT
    )


def schema(signal: Signal, form: InputFormat) -> str:
    """Return the protobuf schema for reading segments of `signal`."""
    text = _SCHEMAS[signal]
    if form is not InputFormat.PLAIN:
        return text
    # On the wire a nested message and bytes are the same; as bytes it stays unread.
    return text.replace("LeafList array_value", "bytes array_value").replace(
        "LeafMap kvlist_value", "bytes kvlist_value"
    )
