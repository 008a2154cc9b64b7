"""OTLP values as the text they are stored as, identical to the engine's. Pure.

The number of a metric's series and the id of a log line are hashes of these texts: one character's difference
from the engine's text (`otlp_format`) would make two of one.
"""

import base64
import math
from decimal import Decimal
from typing import Any

from holdfast.telemetry.intake.otlp.unnesting import is_deep, json_text

_LEAST_PLAIN = 1e-6
_MOST_PLAIN = 1e21
"""Doubles between these are written without an exponent."""

# The engine writes control characters in capitals, and the line ends of JavaScript as escapes.
_AS_THE_ENGINE = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x2028, 0x2029)}
_SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", ord('"'): '\\"', ord("\\"): "\\\\"}
_ESCAPES = {**_AS_THE_ENGINE, **_SHORT}


def value_text(value: Any) -> str:
    """Return one `AnyValue` as text; lists and maps become JSON, no value the empty text."""
    which = value.WhichOneof("value")
    if which == "string_value":
        return str(value.string_value)
    if which == "int_value":
        return str(value.int_value)
    if which in ("array_value", "kvlist_value"):
        return json_text(value) if is_deep(value) else _flat_json(value, which)
    return _other_text(value, which)


def double_text(number: float) -> str:
    """Return a double in the fewest digits that read back as the same number."""
    if not math.isfinite(number):
        return "nan" if math.isnan(number) else ("inf" if number > 0 else "-inf")
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    if _LEAST_PLAIN <= abs(number) < _MOST_PLAIN:
        text = format(Decimal(repr(number)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    mantissa, _, exponent = repr(number).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def _other_text(value: Any, which: str | None) -> str:
    if which == "bool_value":
        return "true" if value.bool_value else "false"
    if which == "double_value":
        return double_text(value.double_value)
    if which == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return ""


def _flat_json(value: Any, which: str) -> str:
    if which == "array_value":
        return f"[{','.join(map(_leaf_json, value.array_value.values))}]"
    pairs = value.kvlist_value.values
    return "{" + ",".join(f"{_quoted(pair.key)}:{_leaf_json(pair.value)}" for pair in pairs) + "}"


def _leaf_json(value: Any) -> str:
    which = value.WhichOneof("value")
    if which is None:
        return "null"
    if which == "double_value":
        # JSON has no infinity or NaN: they become null.
        return double_text(value.double_value) if math.isfinite(value.double_value) else "null"
    if which in ("string_value", "bytes_value"):
        return _quoted(value_text(value))
    return value_text(value)


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"' if not text.isalnum() else f'"{text}"'
