"""Converts single values of OTLP/JSON to those of protobuf. Pure.

Ids are hexadecimal in any case, other bytes base64; enums are integers only; 64-bit integers may be strings
or numbers. A value that does not fit raises `ValueError` or `TypeError` that describes the expected value.
"""

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

_HEX_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id"})


def converter(field: FieldDescriptor) -> Callable[[Any], Any]:
    """Return the function that converts a JSON value for `field`; its error describes the expected value."""
    if field.name in _HEX_FIELDS:
        return _hex
    if field.enum_type is not None:
        return _enum
    return _CONVERTERS[field.cpp_type] if field.type != FieldDescriptor.TYPE_BYTES else _base64


def _hex(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError("a string of hexadecimal digits")
    try:
        return binascii.unhexlify(value)
    except ValueError as error:
        raise ValueError("a string of hexadecimal digits") from error


def _base64(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError("a string in base64")
    # Both alphabets and missing padding are accepted, as protobuf's JSON mapping asks.
    standard = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError as error:
        raise ValueError("a string in base64") from error


def _enum(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("an integer; OTLP/JSON has no enum names")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, str) and len(value) <= 20 and value.lstrip("-").isdecimal() and value.isascii():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("an integer, as a number or a string")
    return value


def _double(value: Any) -> float:
    if isinstance(value, str):
        if value in ("NaN", "Infinity", "-Infinity"):
            return float(value)
        number = float(value) if value.strip() == value else math.nan
        if not math.isfinite(number):
            raise ValueError("a number, or one of NaN, Infinity, -Infinity")
        return number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("a number within the range of a double") from error


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string")
    return value


_CONVERTERS: dict[int, Callable[[Any], Any]] = {
    FieldDescriptor.CPPTYPE_INT32: _integer,
    FieldDescriptor.CPPTYPE_INT64: _integer,
    FieldDescriptor.CPPTYPE_UINT32: _integer,
    FieldDescriptor.CPPTYPE_UINT64: _integer,
    FieldDescriptor.CPPTYPE_DOUBLE: _double,
    FieldDescriptor.CPPTYPE_FLOAT: _double,
    FieldDescriptor.CPPTYPE_BOOL: _bool,
    FieldDescriptor.CPPTYPE_STRING: _string,
}
