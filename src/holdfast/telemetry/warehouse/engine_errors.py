"""Translates the engine's errors to ours. Pure."""

import re

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.warehouse.loading.otlp_format import NESTED_FOUND, NestedFound
from holdfast.telemetry.warehouse.protocol import engine_rule

_UNREADABLE = frozenset({6, 27, 32, 33, 117, 436, 444, 508, 601})
"""Engine error codes that mean the segment's bytes are at fault, so that a retry cannot help."""


_BAD_ARGUMENTS = 36
"""A code that means it only with the words below: a wrong statement has the same code."""


_BROKEN_PROTOBUF = "Invalid protobuf data"


_TIMED_OUT = 159


def translated(message: str, *, of_segment: bool) -> Unavailable | SegmentRefused | NestedFound:
    """Return our error for an engine's error; `of_segment` if it was reading a segment."""
    if NESTED_FOUND in message:
        return NestedFound(message)
    match = re.search(r"Code: (\d+)", message)
    code = int(match.group(1)) if match else 0
    sentence = (message.split("DB::Exception: ", 1)[-1].splitlines() or [""])[0][:300]
    is_broken = code in _UNREADABLE or (code == _BAD_ARGUMENTS and _BROKEN_PROTOBUF in message)
    if of_segment and is_broken:
        return SegmentRefused(f"the engine cannot read it: {sentence}", rule=engine_rule(code))
    if code == _TIMED_OUT:
        return Unavailable(f"the query was cancelled: {sentence}", rule="query time limit")
    return Unavailable(f"the warehouse answered: {sentence}", rule=engine_rule(code))
